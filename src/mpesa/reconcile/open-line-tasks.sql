-- Opens tasks for lines that a person must look at: one for each line, or a single one for the statement if there are many. An overlapping statement does not report a receipt
-- again, unless it shows a further reversed part of the same payment; one that was withdrawn does not count. Money out that the books have by now needs no task,
-- nor does what was taken back.
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

-- Whether a statement shows a payment as reversed by a line that no finished statement has: a payment may be reversed in parts.
create function tells_reversal_1(p_statement uuid, p_receipt text) returns boolean language sql stable as $$
  select exists (select from statement_lines l where l.statement_id = p_statement and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = p_receipt
    and not exists (select from statement_lines o join statements s on s.id = o.statement_id
      where coalesce(o.linked_receipt, o.receipt) = p_receipt and o.statement_id <> l.statement_id and s.state = 'done' and o.finding = 'reversed' and o.direction = 'out'
        and (o.receipt, o.completed_at, o.amount_cents) = (l.receipt, l.completed_at, l.amount_cents)))
$$;
--> statement-breakpoint

-- What somebody paid in the portal is booked (book-paid-out.ts): marks its lines and closes the tasks about it. If it was the last of a statement with many such lines, the
-- statement's task is closed, too.
create function end_money_out_1(p_receipt text, p_now timestamptz) returns void language plpgsql as $$
begin
  update statement_lines set verdict = 'paid_out' where receipt = p_receipt and direction = 'out' and (finding = 'missing_here' or verdict = 'money_out');
  perform close_tasks_1(array['statement_money_out'], p_receipt, 'It is booked.', p_now);
  perform close_tasks_1(array['statement_money_out'], s.statement_id::text, 'All of it is booked.', p_now)
  from (select distinct l.statement_id from statement_lines l where l.receipt = p_receipt) s
  where not exists (select from statement_lines o where o.statement_id = s.statement_id and o.direction = 'out' and (o.finding = 'missing_here' or o.verdict = 'money_out')
    and o.verdict is distinct from 'paid_out' and not exists (select from withdrawals w where w.receipt = o.receipt));
end $$;
