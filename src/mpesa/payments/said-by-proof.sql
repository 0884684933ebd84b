-- The day in Nairobi that M-PESA writes into the first three characters of a receipt; nothing for a text of another form. src/mpesa/daraja/receipt-day.ts has the same rule.
create function receipt_day_1(p_receipt text) returns date language sql immutable as $$
  select d.on_day from (
    select make_date(2006 + ascii(r) - 65, ascii(substr(r, 2)) - 64, 1) + strpos('123456789ABCDEFGHIJKLMNOPQRSTUV', substr(r, 3, 1)) - 1 as on_day, ascii(substr(r, 2)) - 64 as month
    from (select upper(trim(p_receipt)) as r) t where r ~ '^[A-Z][A-L][1-9A-V][A-Z0-9]{7}$'
  ) d where extract(month from d.on_day) = d.month -- there is no 31 February
$$;
--> statement-breakpoint

-- The readings of a proof's time that can be: none that has not come, and none whose day is further than one from the day in the receipt.
create function readings_1(p_receipt text, p_times timestamptz[], p_now timestamptz) returns timestamptz[] language sql immutable as $$
  select coalesce(array_agg(least(t, p_now) order by n), '{}') from unnest(p_times) with ordinality as u(t, n)
  where t <= p_now + interval '10 minutes' and coalesce(abs((t at time zone 'Africa/Nairobi')::date - receipt_day_1(p_receipt)) <= 1, true)
$$;
--> statement-breakpoint

-- The value date of money whose time nobody has said so that it can be: the day in its receipt, else when we heard.
create function value_date_1(p_receipt text, p_now timestamptz) returns timestamptz language sql immutable return
  case when receipt_day_1(p_receipt) < (p_now at time zone 'Africa/Nairobi')::date
    then (receipt_day_1(p_receipt) + time '12:00') at time zone 'Africa/Nairobi' else p_now end;
--> statement-breakpoint

-- What a proof says of the payer outranks what a notice has said. What it shows less of is kept as far as it agrees: a number in full that ends as the proof's mask does, and a
-- hash beside that mask, with which it cannot be compared before somebody says a number (src/mpesa/payments/known-payer.ts).
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
