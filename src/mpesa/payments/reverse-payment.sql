-- The money of a payment is not there, or was reversed: it is `reversed`, for this reason, and never open again. Call it under its lock.
create function reverse_payment_1(p_payment uuid, p_failure_code text, p_now timestamptz) returns void language plpgsql as $$
declare
  before text := (select p.state from payments p where p.id = p_payment);
begin
  update payments p set state = 'reversed', failure_code = p_failure_code where p.id = p_payment;
  perform record_1('payment_reversed', p_payment, before, 'reversed', p_now);
end $$;
--> statement-breakpoint

-- A deposit is off the books: it is never taken back again. Call it under its lock.
create function mark_taken_back_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set taken_back_at = p_now where id = p_deposit;
end $$;
