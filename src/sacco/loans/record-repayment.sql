-- A repayment is booked: the audit trail says so.
create function record_repayment_1() returns trigger language plpgsql as $$
begin
  perform record_by_1('malipo', 'repayment_booked', new.id::text, null, jsonb_build_object('loanId', new.loan_id, 'amountCents', new.amount_cents::text), null, new.booked_at);
  return null;
end $$;
