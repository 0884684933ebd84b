-- Ends a signed statement once all its lines are settled. From now on it refutes what it should contain and does not, if it is of the account that customers pay into, is whole
-- by its own figures, and joins the last signed one (or, where there is none, states its opening balance itself). Opens tasks for what is left, and closes those that asked for
-- this statement. False while lines are left to settle.
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

-- Whether a statement lacks money that the books have as proved. An absence no longer counts once the money was merged or taken back (refuted money has tasks of its own), or
-- has got another receipt or short code.
create function misses_1(p_statement uuid) returns boolean language sql stable as $$
  select exists (select from statement_absences a join statements s on s.id = a.statement_id left join deposits d on d.id = a.movement_id
    where s.id = p_statement and a.proved and (a.direction = 'out' or d.merged_into is null and d.taken_back_at is null and d.receipt is not distinct from a.receipt and d.shortcode = s.shortcode))
$$;
--> statement-breakpoint

-- Closes the tasks of statements that miss nothing any more.
create function close_missing_1(p_now timestamptz) returns void language plpgsql as $$
begin
  perform close_tasks_1(array['statement_missing_there'], r.subject, 'Nothing is missing there any more.', p_now)
  from reviews r where r.kind = 'statement_missing_there' and r.closed_at is null and not misses_1(r.subject::uuid);
end $$;
