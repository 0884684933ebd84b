-- Closes the open tasks of many subjects whose cause is gone, except tasks that were opened at this very moment: their cause is still there.
create function close_earlier_tasks_1(p_kinds text[], p_subjects text[], p_note text, p_now timestamptz) returns void language plpgsql as $$
begin
  update reviews set closed_at = p_now, closed_by = 'malipo', note = p_note
  where kind = any(p_kinds) and subject = any(p_subjects) and closed_at is null and opened_at < p_now;
end $$;
