-- Ends the lines that may be payouts of ours, once Safaricom has said how those payouts ended. A payout that was not paid, or was paid under another receipt, did not take this
-- money. If Safaricom has said nothing 15 minutes after the statement was signed, a task is opened. Returns how many lines it ended.
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

-- Rejects the reversals of ours that moved nothing because, as M-PESA said, the payment had been reversed already. It does so once signed statements show the whole payment as
-- reversed, or a part of it and every day from the payment to the request. What they show has locked the payment. Returns how many it ended.
create function end_already_reversed_2(p_now timestamptz) returns int language plpgsql as $$
declare
  w withdrawals;
  payout payouts;
  ended int := 0;
begin
  for w in
    select x.* from reviews r join withdrawals x on x.id = r.subject::uuid join payouts o on o.id = x.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
    where r.kind = 'payout_already_reversed' and r.closed_at is null and x.state = 'unknown' and x.result_code = 'R000001'
      and exists (select from statement_lines l join statements s on s.id = l.statement_id
        where coalesce(l.linked_receipt, l.receipt) = d.receipt and l.finding = 'reversed' and l.direction = 'out' and l.movement_id = d.id and l.verdict in ('locked', 'taken_back')
          and (d.reversed_elsewhere_cents = d.amount_cents or is_covered_1(s.shortcode, (coalesce(d.moved_at, d.settled_at) at time zone 'Africa/Nairobi')::date,
            (x.dispatched_at at time zone 'Africa/Nairobi')::date)))
    order by x.id
  loop
    select * into payout from payouts where id = w.payout_id for update;
    select * into w from withdrawals x where x.id = w.id and x.state = 'unknown' for update;
    continue when not found;
    perform reject_withdrawal_2(w, payout, w.result_code, 'Signed statements show what was reversed.', p_now);
    perform judge_payout_1(payout.id, p_now);
    ended := ended + 1;
  end loop;
  return ended;
end $$;
