-- Withdraws a statement that was signed by mistake: from now on it joins, proves, refutes and covers nothing. What it booked, proved and refuted stays: the right statement
-- shows what of it is wrong. But nothing could ever show that a payment was not reversed, so what this one alone shows as reversed in the portal is undone, as long as nothing
-- was done about it: otherwise nothing is changed, and the M-PESA code of such a payment is returned. Closes the tasks that it opened. Call it where all of it was booked.
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

-- All locks before the first booking, in the order of all who settle: statements, whose lines are written, receipts, payments and deposits. Of reversals whose payment nobody knows
-- there is nothing to lock.
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

-- The M-PESA code of a payment of which something was done because this statement shows it as reversed, and no other signed full statement shows that: it was taken back, whole or in
-- part; M-PESA itself has said that it was reversed (R000001); or it is a prompt's, whose code may be another payment's.
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

-- Whether such a task about an M-PESA code or a payout was opened before, and no statement that shows it was withdrawn since.
create function was_asked_1(p_kind text, p_subject text) returns boolean language sql stable as $$
  select exists (select from reviews r where r.kind = p_kind and r.subject = p_subject and not exists (
    select from statements s join statement_lines l on l.statement_id = s.id where s.withdrawn_at >= r.opened_at
      and (p_subject in (l.receipt, l.linked_receipt) or l.movement_id = case when p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_subject::uuid end)))
$$;
--> statement-breakpoint

-- What a withdrawn statement showed as reversed in the portal counts only as far as another one shows it: the rest is booked back, and the payment is free again. Call
-- it under lock_reversed_1.
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

-- Whether a reversal is one that we requested: its line says nothing that Safaricom's answer has not said.
create function is_own_reversal_1(p_reversal text, p_payment text) returns boolean language sql stable as $$
  select exists (select from withdrawals w where w.receipt = p_reversal and w.state = 'paid')
    or exists (select from deposits d join payouts o on o.kind = 'reversal' and o.subject_id = d.id join withdrawals w on w.payout_id = o.id where d.receipt = p_payment and w.state = 'paid')
$$;
--> statement-breakpoint

-- The lines of other statements that show a reversal of a withdrawn one say from now on what they say themselves: what agreed with a payment that had been taken back shows that
-- it was reversed, and a layout that names no payment names none, unless another full statement or two people do.
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
