-- Tells a person of a debt to us that was paid back, and that evidence has since taken off the books, all of it or a part: what `receivables` has of it is below zero, so we
-- owe it. Judged when its transaction ends, since one movement may have several legs, and one after the other, since a match does not wait for what takes the debt off the
-- books; closed as it was opened, when the match is undone or the debt is there again. What asks for a debt of which nothing is left is closed too.
create function tell_overpaid_debt_2() returns trigger language plpgsql as $$
declare
  debt text := coalesce((select o.subject_id::text from withdrawals w join payouts o on o.id = w.payout_id
    where w.id = case when new.source_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then new.source_id::uuid end), new.source_id);
  asking text[] := array['refund_exceeds_payment', 'taken_back_short', 'loan_paid_twice'];
  cents bigint;
begin
  if not exists (select from transfers t where t.kind = 'match' and t.source_id = debt and t.credit_account = 'receivables')
    and not exists (select from reviews r where r.kind = any(asking || array['debt_overpaid']) and r.subject = debt and r.closed_at is null) then return null; end if;
  perform pg_advisory_xact_lock(hashtextextended('debt judged:' || debt, 0));
  select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) into cents from transfers t
  where 'receivables' in (t.debit_account, t.credit_account) and t.source_id = any(array(select debt
    union all select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.subject_id = case when debt ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then debt::uuid end));
  if cents <= 0 then perform close_tasks_1(asking, debt, 'Nothing of it is owed any more.', new.booked_at); end if;
  if cents < 0 then perform open_task_1('debt_overpaid', debt, new.booked_at);
  else perform close_tasks_1(array['debt_overpaid'], debt, 'Nothing is owed to them any more.', new.booked_at);
  end if;
  return null;
end $$;
--> statement-breakpoint
create constraint trigger transfers_overpay_debt after insert on transfers deferrable initially deferred for each row
  when ('receivables' in (new.debit_account, new.credit_account)) execute function tell_overpaid_debt_2();
