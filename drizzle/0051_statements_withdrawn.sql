-- A statement that was signed by mistake is withdrawn, so that the right one joins; a refusal names the statement that it clashes with. A debt is judged by each that moves it, one after the other.
ALTER TABLE "statements" DROP CONSTRAINT "statements_state";--> statement-breakpoint
ALTER TABLE "statements" ADD COLUMN "withdrawn_by" text;--> statement-breakpoint
ALTER TABLE "statements" ADD COLUMN "withdrawn_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "statements" ADD COLUMN "withdrawn_why" text;--> statement-breakpoint
ALTER TABLE "statements" ADD CONSTRAINT "statements_withdrawn_by_two" CHECK ("statements"."state" <> 'withdrawn' or "statements"."withdrawn_by" <> "statements"."decided_by");--> statement-breakpoint
ALTER TABLE "statements" ADD CONSTRAINT "statements_state" CHECK ("statements"."state" in ('receiving', 'waiting', 'reading', 'matching', 'matched', 'signed', 'done', 'refused', 'discarded', 'withdrawn'));
--> statement-breakpoint
create function was_asked_1(p_kind text, p_subject text) returns boolean language sql stable as $$
  select exists (select from reviews r where r.kind = p_kind and r.subject = p_subject and not exists (
    select from statements s join statement_lines l on l.statement_id = s.id where s.withdrawn_at >= r.opened_at
      and (p_subject in (l.receipt, l.linked_receipt) or l.movement_id = case when p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_subject::uuid end)))
$$;
--> statement-breakpoint
create function open_line_tasks_2(p_kind text, p_statement uuid, p_receipts text[], p_now timestamptz) returns void language plpgsql as $$
declare
  receipt text;
begin
  if p_kind = 'statement_money_out' then
    p_receipts := array(select r.code from unnest(p_receipts) with ordinality r (code, n) where not exists (select from withdrawals w where w.receipt = r.code) order by r.n);
  end if;
  if p_kind = 'statement_reversed' then -- whoever takes one of them back at this moment is waited for, or waits
    perform from deposits d where d.receipt = any(p_receipts) order by d.id for share;
    p_receipts := array(select r.code from unnest(p_receipts) with ordinality r (code, n) where not exists (select from deposits d where d.receipt = r.code and d.taken_back_at is not null) order by r.n);
  end if;
  if cardinality(p_receipts) > 20 then
    perform open_task_1(p_kind, p_statement::text, p_now);
    return;
  end if;
  foreach receipt in array p_receipts loop
    if not was_asked_1(p_kind, receipt) or p_kind = 'statement_reversed' and tells_reversal_1(p_statement, receipt) then perform open_task_1(p_kind, receipt, p_now); end if;
  end loop;
end $$;
--> statement-breakpoint
create function tell_unlinked_3(p_statement uuid, p_again text, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
  how constant text := 'Export the full statement of that time from the portal (the layout with "Linked Transaction ID"), import it and have it signed. Or say which payment it was: '
    || 'POST /api/float-entries with "kind": "paid_out", this receipt and the "depositId", and have a second person approve it. Until then no money leaves that it may have reversed.';
begin
  if (select count(*) > 20 from statement_lines x where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked') then
    perform open_worded_task_1('statement_reversed', p_statement::text, 'Payments were reversed in the portal, and this statement does not say which: it has no "Linked Transaction ID". '
      || '?finding=reversed of GET /api/statements/<id> lists them. ' || how, p_now);
    return;
  end if;
  for l in
    select x.receipt, x.amount_cents, x.completed_at, s.shortcode from statement_lines x join statements s on s.id = x.statement_id
    where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked' and (x.receipt = p_again or not was_asked_1('statement_reversed', x.receipt)) order by x.n
  loop
    perform open_worded_task_1('statement_reversed', l.receipt, format('By this reversal KES %s left %s on %s, and the statement does not say which payment it reversed: it has no "Linked Transaction ID". ',
      trim(to_char(l.amount_cents / 100.0, 'FM999,999,999,990.00')), l.shortcode, to_char(l.completed_at at time zone 'Africa/Nairobi', 'DD-MM-YYYY HH24:MI')) || how, p_now);
  end loop;
end $$;
--> statement-breakpoint
create function settle_unresolved_3(p_now timestamptz) returns int language plpgsql as $$
declare
  l record;
  ended int := 0;
begin
  for l in
    select x.statement_id, x.n, x.receipt, x.linked_receipt, x.kind, x.movement_id, s.decided_at from statement_lines x join statements s on s.id = x.statement_id
    where x.finding = 'unresolved' and x.verdict is null and s.state in ('signed', 'done') order by x.statement_id, x.n limit 500
  loop
    if exists (select from withdrawals w where w.id = l.movement_id and w.state in ('reserved', 'dispatched', 'unknown') and w.result_code is distinct from 'R000001') then
      if l.decided_at < p_now - interval '15 minutes' and not was_asked_1('payout_on_statement', l.movement_id::text) then
        perform open_task_1('payout_on_statement', l.movement_id::text, p_now);
      end if;
      continue;
    end if;
    perform close_tasks_1(array['payout_on_statement'], l.movement_id::text, 'Safaricom has said how it ended.', p_now);
    ended := ended + 1;
    if exists (select from withdrawals w where w.id = l.movement_id and w.state = 'paid'
      and case l.kind when 'reversal' then l.linked_receipt is not null or w.receipt = l.receipt else coalesce(w.receipt, l.receipt) = l.receipt end) then
      perform lock_receipt_1(l.receipt);
      if l.kind <> 'reversal' then perform name_withdrawal_1(l.movement_id, l.receipt); end if;
      update statement_lines x set verdict = 'agrees' where x.statement_id = l.statement_id and x.n = l.n;
    elsif l.kind = 'reversal' then
      update statement_lines x set finding = 'reversed', movement_id = null where x.statement_id = l.statement_id and x.n = l.n;
      perform settle_reversed_2(l.statement_id, p_now);
      perform open_line_tasks_2('statement_reversed', l.statement_id,
        array(select coalesce(x.linked_receipt, x.receipt) from statement_lines x where x.statement_id = l.statement_id and x.n = l.n and x.finding = 'reversed' and x.verdict not in ('taken_back', 'unlinked')), p_now);
      perform tell_unlinked_3(l.statement_id, null, p_now);
    else
      update statement_lines x set verdict = 'money_out' where x.statement_id = l.statement_id and x.n = l.n;
      perform open_line_tasks_2('statement_money_out', l.statement_id, array[l.receipt], p_now);
    end if;
  end loop;
  return ended;
end $$;
--> statement-breakpoint
create function end_statement_3(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found or s.done < s.line_count then return false; end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and l.direction = 'out' and l.verdict is null) then return false; end if;
  update statements set state = 'done', finished_at = p_now,
    refutes = s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and coalesce(follows_1(s), s.opening_told) and lists_payments_1(s)
  where id = s.id returning * into s;
  if not s.refutes and (s.line_count > 0 or s.whole) then perform open_task_1('statement_incomplete', s.id::text, p_now); end if;
  if s.problem_count > 0 or exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'duplicate') then perform open_task_1('statement_doubtful', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'amount_differs') then perform open_task_1('statement_amount_differs', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'in' and l.kind not in ('payment', 'organisation')) then
    perform open_task_1('statement_line_unknown', s.id::text, p_now);
  end if;
  if misses_1(s.id) then perform open_task_1('statement_missing_there', s.id::text, p_now); end if;
  perform close_missing_1(p_now);
  perform open_line_tasks_2('statement_reversed', s.id,
    array(select coalesce(l.linked_receipt, l.receipt) from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and coalesce(l.verdict, '') not in ('taken_back', 'unlinked')
      order by l.n), p_now);
  perform tell_unlinked_3(s.id, null, p_now);
  perform open_line_tasks_2('statement_money_out', s.id,
    array(select l.receipt from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'out' order by l.n), p_now);
  perform close_unread_1(p.shortcode, '{}', null, p_now) from pulls p where p.unread <> '{}' or p.unread_from is not null order by p.shortcode;
  perform close_tasks_1(array['statement_line_failed'], r.subject, 'A signed statement has settled it.', p_now) from reviews r
  where r.kind = 'statement_line_failed' and r.closed_at is null and exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject)
    and not exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject and l.verdict = 'failed');
  perform close_tasks_1(array['statement_due'], r.subject, 'Imported and signed off.', p_now) from reviews r
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_answered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
  return true;
end $$;
--> statement-breakpoint
create function clashes_2(s statements, out how text, out "with" uuid) language plpgsql stable as $$
declare
  own record := span_1(s);
  o record;
  own_lacks boolean;
  other_lacks boolean;
begin
  if not follows_1(s) then
    how := 'opening';
    select b.id into "with" from statements b
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and b.covers_from <= own.begins and b.opening_cents is not null
    order by b.covers_to desc, b.id desc limit 1;
    return;
  end if;
  for o in
    select b.id, b.opening_cents, x.begins, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins > own.begins
    order by x.begins, b.id
  loop
    if o.opening_cents <> coalesce((select l.balance_cents from statement_lines l where l.statement_id = s.id and l.completed_at < o.begins order by l.n desc limit 1), s.opening_cents) then
      how := 'balance'; "with" := o.id;
      return;
    end if;
    exit when o.begins > coalesce(s.covers_to, own.newest);
  end loop;
  for o in
    select b.id, greatest(x.begins, own.begins) as begins, least(x.newest, own.newest) as until, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins <= own.newest and x.newest >= own.begins
  loop
    own_lacks := lacks_1(s.id, o.id, o.begins, o.until);
    other_lacks := lacks_1(o.id, s.id, o.begins, o.until);
    -- a file may end in the middle of a second
    if own_lacks and (other_lacks or own.newest > o.until) or other_lacks and o.newest > o.until
      or lacks_1(s.id, o.id, o.begins, o.until - interval '1 second') or lacks_1(o.id, s.id, o.begins, o.until - interval '1 second') then
      how := 'lines'; "with" := o.id;
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
create function is_own_reversal_1(p_reversal text, p_payment text) returns boolean language sql stable as $$
  select exists (select from withdrawals w where w.receipt = p_reversal and w.state = 'paid')
    or exists (select from deposits d join payouts o on o.kind = 'reversal' and o.subject_id = d.id join withdrawals w on w.payout_id = o.id where d.receipt = p_payment and w.state = 'paid')
$$;
--> statement-breakpoint
create function rely_on_others_1(p_statement uuid, p_reversal text, p_payment text) returns void language plpgsql as $$
begin
  update statement_lines x set finding = 'reversed', verdict = case when s.state in ('signed', 'done') then 'unknown' end from statements s
  where s.id = x.statement_id and s.id <> p_statement and s.state <> 'withdrawn' and x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.finding = 'agrees';
  if p_reversal = p_payment or exists (select from statement_lines x join statements s on s.id = x.statement_id
      where x.receipt = p_reversal and x.linked_receipt is not null and s.layout = 'preamble' and s.state in ('signed', 'done'))
    or exists (select from float_entries e join deposits d on d.id = coalesce(e.deposit_id, (select p.counted_deposit_id from payments p where p.id = e.payment_id))
      where e.receipt = p_reversal and e.kind = 'paid_out' and e.state = 'booked' and d.receipt = p_payment) then return; end if;
  update statement_lines x set linked_receipt = null, movement_id = null, verdict = case when s.state in ('signed', 'done') then 'unlinked' end from statements s
  where s.id = x.statement_id and s.layout <> 'preamble' and s.state <> 'withdrawn' and x.receipt = p_reversal and x.finding = 'reversed' and x.direction = 'out' and x.linked_receipt is not null;
end $$;
--> statement-breakpoint
create function lock_reversed_1(p_statement uuid) returns void language plpgsql as $$
declare
  codes constant text[] := array(select distinct r.code from statement_lines l, unnest(array[l.receipt, l.linked_receipt]) r (code)
    where l.statement_id = p_statement and l.kind = 'reversal' and l.direction = 'out' and coalesce(l.verdict, '') <> 'unknown' and r.code is not null order by 1);
begin
  perform from statements s where s.id <> p_statement and s.id in (select l.statement_id from statement_lines l where l.receipt = any(codes) and l.kind = 'reversal') order by s.id for key share;
  perform lock_receipt_1(c) from unnest(codes) c;
  perform from payments where id in (select d.payment_id from deposits d where d.receipt = any(codes)) order by id for update;
  perform from deposits where receipt = any(codes) order by id for update;
end $$;
--> statement-breakpoint
create function relied_on_1(p_statement uuid) returns text language sql stable as $$
  select d.receipt from statement_lines l join deposits d on d.receipt = coalesce(l.linked_receipt, l.receipt)
  where l.statement_id = p_statement and l.finding = 'reversed' and l.direction = 'out' and l.verdict in ('locked', 'taken_back') and d.reversed_elsewhere_at is not null
    and (d.taken_back_at is not null or d.merged_into is not null or parts_given_back_2(d.id) > 0 or d.attempt_id is not null and d.tied_by is distinct from 'callback'
      or exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = d.id and w.result_code = 'R000001'))
    and not exists (select from statement_lines o join statements s on s.id = o.statement_id
      where o.receipt = l.receipt and o.statement_id <> p_statement and o.direction = 'out' and o.kind = 'reversal' and o.linked_receipt = l.linked_receipt and s.layout = 'preamble' and s.state in ('signed', 'done'))
  order by 1 limit 1
$$;
--> statement-breakpoint
create function unsay_reversed_1(p_statement uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  reversed record;
  codes constant text[] := array(select distinct l.receipt from statement_lines l
    where l.statement_id = p_statement and l.kind = 'reversal' and l.direction = 'out' and coalesce(l.verdict, '') <> 'unknown');
begin
  update statement_lines l set verdict = null where l.statement_id = p_statement and l.finding = 'reversed' and l.direction = 'out';
  for reversed in
    select distinct l.receipt, coalesce(l.linked_receipt, l.receipt) as payment from statement_lines l
    where l.statement_id = p_statement and l.kind = 'reversal' and l.direction = 'out' and l.receipt = any(codes) and not is_own_reversal_1(l.receipt, coalesce(l.linked_receipt, l.receipt)) order by 1, 2
  loop
    perform rely_on_others_1(p_statement, reversed.receipt, reversed.payment);
    if not exists (select from statement_lines x where x.receipt = reversed.receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict is not null) then
      perform close_tasks_1(array[r.kind], r.subject, 'The statement was withdrawn.', p_now) from reviews r where r.kind = 'statement_reversed' and r.subject = reversed.receipt;
      perform reject_paid_out_1(reversed.receipt, p_now);
    end if;
    perform close_tasks_1(array[r.kind], r.subject, 'The statement was withdrawn.', p_now) from reviews r
    where r.kind = 'statement_reversed' and r.subject = reversed.payment and not exists (select from given_back_lines_1(reversed.payment, null));
    perform book_unlinked_2(reversed.receipt, p_now);
    perform not_given_back_2(d.id, p_now) from deposits d where d.receipt = reversed.payment and d.reversed_elsewhere_at is not null;
    perform recall_reversed_2(reversed.payment, p_now);
    -- what another statement shows has a task, though the one that was closed was about all of this statement's
    perform open_task_1('statement_reversed', reversed.payment, p_now) from deposits d where d.receipt = reversed.payment and d.taken_back_at is null and given_back_2(d) = 'portal';
    perform tell_unlinked_3(o.statement_id, reversed.receipt, p_now) from (select distinct x.statement_id from statement_lines x where x.receipt = reversed.receipt and x.verdict = 'unlinked') o;
  end loop;
end $$;
--> statement-breakpoint
create function withdraw_statement_1(p_statement uuid, p_by text, p_why text, p_now timestamptz) returns text language plpgsql as $$
declare
  moved text;
begin
  perform lock_reversed_1(p_statement);
  moved := relied_on_1(p_statement);
  if moved is not null then return moved; end if;
  update statements set state = 'withdrawn', withdrawn_by = p_by, withdrawn_at = p_now, withdrawn_why = p_why, file_hash = null where id = p_statement;
  perform unsay_reversed_1(p_statement, p_now);
  -- where it alone had said at which short code a payment came, what other statements show of that payment counts now
  perform recall_reversed_2(x.receipt, p_now) from (select distinct l.receipt from statements s join statement_lines y on y.statement_id = s.id
      join statement_lines l on l.statement_id = p_statement and l.direction = 'in' and l.receipt = coalesce(y.linked_receipt, y.receipt)
    where s.state in ('signed', 'done') and y.finding = 'reversed' and y.verdict = 'other_shortcode' order by 1) x;
  perform close_tasks_1(array[r.kind], r.subject, 'The statement was withdrawn.', p_now) from reviews r
  where r.closed_at is null and r.kind like 'statement\_%' and r.subject = p_statement::text;
  perform close_tasks_1(array[r.kind], r.subject, 'The statement was withdrawn.', p_now) from statement_lines l join reviews r on r.closed_at is null and (
      r.kind = 'statement_money_out' and r.subject = l.receipt and l.direction = 'out'
      or r.kind = 'statement_line_failed' and r.subject = l.receipt and l.verdict = 'failed'
      or r.kind = 'payout_on_statement' and r.subject = l.movement_id::text and l.finding = 'unresolved' and l.verdict is null)
  where l.statement_id = p_statement and not exists (select from statement_lines o join statements s on s.id = o.statement_id
    where s.state in ('signed', 'done') and o.receipt = l.receipt and o.direction = l.direction and case r.kind
      when 'statement_money_out' then o.finding = 'missing_here' or o.verdict = 'money_out'
      when 'statement_line_failed' then o.verdict = 'failed'
      else o.finding = 'unresolved' and o.verdict is null end);
  return null;
end $$;
--> statement-breakpoint
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
drop trigger transfers_overpay_debt on transfers;
--> statement-breakpoint
create constraint trigger transfers_overpay_debt after insert on transfers deferrable initially deferred for each row
  when ('receivables' in (new.debit_account, new.credit_account)) execute function tell_overpaid_debt_2();
