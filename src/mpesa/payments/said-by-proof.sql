-- The day in Nairobi that M-PESA writes into the first three characters of a receipt; null for a text of another form. src/mpesa/daraja/receipt-day.ts has the same rule.
create function receipt_day_1(p_receipt text) returns date language sql immutable as $$
  select d.on_day from (
    select make_date(2006 + ascii(r) - 65, ascii(substr(r, 2)) - 64, 1) + strpos('123456789ABCDEFGHIJKLMNOPQRSTUV', substr(r, 3, 1)) - 1 as on_day, ascii(substr(r, 2)) - 64 as month
    from (select upper(trim(p_receipt)) as r) t where r ~ '^[A-Z][A-L][1-9A-V][A-Z0-9]{7}$'
  ) d where extract(month from d.on_day) = d.month -- there is no 31 February
$$;
--> statement-breakpoint

-- The possible readings of a proof's time: not in the future, and within one day of the day in the receipt.
create function readings_1(p_receipt text, p_times timestamptz[], p_now timestamptz) returns timestamptz[] language sql immutable as $$
  select coalesce(array_agg(least(t, p_now) order by n), '{}') from unnest(p_times) with ordinality as u(t, n)
  where t <= p_now + interval '10 minutes' and coalesce(abs((t at time zone 'Africa/Nairobi')::date - receipt_day_1(p_receipt)) <= 1, true)
$$;
--> statement-breakpoint

-- The value date of money for which no source has a possible time: the day in its receipt, else the moment when we heard.
create function value_date_1(p_receipt text, p_now timestamptz) returns timestamptz language sql immutable return
  case when receipt_day_1(p_receipt) < (p_now at time zone 'Africa/Nairobi')::date
    then (receipt_day_1(p_receipt) + time '12:00') at time zone 'Africa/Nairobi' else p_now end;
--> statement-breakpoint

-- Replaces what a notice said of the payer by what a proof says. If the proof shows less and agrees, the fuller value is kept: a full number that ends as the proof's masked
-- number does, and beside the masked number a hashed one. The two cannot be compared before somebody says a number (src/mpesa/payments/known-payer.ts).
create function payer_by_proof_1(d deposits, p_name text, p_phone text, p_hash text, p_tail text) returns deposits language plpgsql immutable as $$
declare
  masked boolean := p_hash is null and p_tail is not null;
  hashed boolean := p_hash is null and p_tail is null;
begin
  if p_phone is null or d.payer_hash = p_hash or hashed and d.payer_hash is not null and d.receipt_proved_at is not null then return d; end if;
  if masked and d.payer_tail = p_tail then -- a number in full that a notice alone has said is compared by what is proved of it
    if d.receipt_proved_at is null then d.payer_hash := null; end if;
    return d;
  end if;
  if masked and d.payer_phone is not null and d.payer_tail is null then
    d.payer_name := coalesce(p_name, d.payer_name); d.payer_tail := p_tail;
    return d;
  end if;
  d.payer_name := p_name; d.payer_phone := p_phone; d.payer_hash := p_hash;
  if not hashed or d.receipt_proved_at is null then d.payer_tail := p_tail; end if;
  return d;
end $$;
