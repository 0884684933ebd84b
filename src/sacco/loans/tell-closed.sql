-- The money of a deposit is proved. Each closed loan that it repaid, and that is now paid by proved money alone, is closed for good: its borrower and
-- the treasurers are notified.
create function tell_closed_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  loan loans;
begin
  for loan in select l.* from loans l where l.id in (select r.loan_id from repayments r where r.deposit_id = p_deposit and r.amount_cents > 0 and r.reversed_at is null) order by l.id for no key update loop
    if loan.state = 'closed' and not exists (select from repayments r join deposits d on d.id = r.deposit_id
      where r.loan_id = loan.id and r.amount_cents > 0 and r.reversed_at is null and d.confirmed_at is null) then
      perform promise_notice_2('loan_closed', loan.id, p_deposit::text, loan.member_id, true, p_now);
    end if;
  end loop;
end $$;
