-- Makes a payment `reversed`, for this reason and never open again: its money is not there, or was reversed. Call it under the payment's lock.
create function reverse_payment_1(p_payment uuid, p_failure_code text, p_now timestamptz) returns void language plpgsql as $$
declare
  before text := (select p.state from payments p where p.id = p_payment);
begin
  update payments p set state = 'reversed', failure_code = p_failure_code where p.id = p_payment;
  perform record_1('payment_reversed', p_payment, before, 'reversed', p_now);
end $$;
--> statement-breakpoint

-- Marks a deposit as taken off the books, so that it is never taken back twice. Call it under the deposit's lock.
create function mark_taken_back_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set taken_back_at = p_now where id = p_deposit;
end $$;
