-- Rejects the entry by which two people said that money left by hand under this receipt. They were wrong, and may enter it again.
create function reject_paid_out_1(p_receipt text, p_now timestamptz) returns void language plpgsql as $$
begin
  update float_entries set state = 'rejected', decided_by = 'malipo', decided_at = p_now, booked_at = null, proved_by = null, line_key = null
  where receipt = p_receipt and kind = 'paid_out' and state = 'booked';
end $$;
