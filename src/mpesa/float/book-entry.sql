-- Books a requested entry, once, against the bank or M-PESA's charges. Under the entry's lock, the caller has checked that `p_decided_by` may decide it, and that a top-up is
-- proved. What the entry explains of the money from before the first balance is taken off that money, so that it cannot be explained twice. False, and nothing is done, when
-- the entry is no longer waiting.
create function book_float_entry_2(p_entry uuid, p_decided_by text, p_occurred_at timestamptz, p_proved_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  entry float_entries;
  own text;
begin
  update float_entries set state = 'booked', decided_by = p_decided_by, decided_at = p_now, booked_at = p_now, occurred_at = coalesce(p_occurred_at, occurred_at), proved_by = p_proved_by
  where id = p_entry and state = 'asked' returning * into entry;
  if not found then return false; end if;
  own := own_account_1('paybill_float', entry.shortcode);
  perform book_1(entry.kind, entry.id, 1,
    case entry.kind when 'top_up' then own when 'sweep' then 'bank_clearing' else 'mpesa_charges' end,
    case entry.kind when 'top_up' then 'bank_clearing' else own end, entry.amount_cents, p_now);
  perform lower_opening_1(entry.shortcode, entry.occurred_at, case entry.kind when 'top_up' then entry.amount_cents else -entry.amount_cents end);
  return true;
end $$;
