-- Opens a task for a person and promises an alert. Does nothing when the same task is open already.
create function open_task_1(p_kind text, p_subject text, p_now timestamptz) returns void language plpgsql as $$
declare
  task uuid;
begin
  insert into reviews (id, kind, subject, opened_at) values (new_id_1(), p_kind, p_subject, p_now)
  on conflict (kind, subject) where closed_at is null do nothing
  returning id into task;
  if found then perform promise_1('alert:' || task, jsonb_build_object('kind', 'alert', 'reviewId', task), p_now); end if;
end $$;
--> statement-breakpoint

-- The same with words that say what to do, in the task and in the alert.
create function open_worded_task_1(p_kind text, p_subject text, p_words text, p_now timestamptz) returns void language plpgsql as $$
declare
  task uuid;
begin
  insert into reviews (id, kind, subject, words, opened_at) values (new_id_1(), p_kind, p_subject, p_words, p_now)
  on conflict (kind, subject) where closed_at is null do nothing
  returning id into task;
  if found then perform promise_1('alert:' || task, jsonb_build_object('kind', 'alert', 'reviewId', task, 'words', p_words), p_now); end if;
end $$;
--> statement-breakpoint

-- The same without words, for tasks that may come in crowds: it alerts only while fewer than `p_most` tasks of its kind are open.
create function open_one_of_many_1(p_kind text, p_subject text, p_most int, p_now timestamptz) returns void language plpgsql as $$
begin
  if (select count(*) from (select from reviews r where r.kind = p_kind and r.closed_at is null limit p_most) open) < p_most then
    perform open_task_1(p_kind, p_subject, p_now);
  else
    insert into reviews (id, kind, subject, opened_at) values (new_id_1(), p_kind, p_subject, p_now)
    on conflict (kind, subject) where closed_at is null do nothing;
  end if;
end $$;
--> statement-breakpoint

-- Closes open tasks whose cause is gone.
create function close_tasks_1(p_kinds text[], p_subject text, p_note text, p_now timestamptz) returns void language plpgsql as $$
begin
  update reviews set closed_at = p_now, closed_by = 'malipo', note = p_note where kind = any(p_kinds) and subject = p_subject and closed_at is null;
end $$;
