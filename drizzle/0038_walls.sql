-- Walls: each SQL function stands with the table it writes, in versions of their own beside those of the last release; and rules that the schema lacked.
-- The same without words, for what may come in crowds: it alerts only as long as fewer than so many tasks of its kind are open.
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
-- Keeps a notice that books nothing, word for word, with a task of its own. Whoever knows the address may send many, and shall not raise as many alarms: only the first
-- twenty open tasks alert. False when it was told before.
create or replace function quarantine_notice_1(p_body_hash text, p_body text, p_verdict text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  kept uuid;
begin
  if not keep_evidence_1(null, 'c2b', p_body_hash, p_body, p_verdict, p_now) then return false; end if;
  select id into kept from evidence where subject_id is null and source = 'c2b' and body_hash = p_body_hash;
  perform open_one_of_many_1('c2b_notice_quarantined', kept::text, 20, p_now);
  return true;
end $$;
--> statement-breakpoint
-- Promises to tell a member, and the treasurers where asked, by SMS and e-mail: once per event, subject and cause (which may be null). Only phones that were verified are written to, and nobody
-- who has opted out.
create or replace function promise_notice_1(p_event text, p_subject uuid, p_cause text, p_member uuid, p_treasurers boolean, p_now timestamptz) returns void language plpgsql as $$
begin
  perform promise_1(concat_ws(':', p_event, p_subject, p_cause, p.id, c.channel),
    jsonb_build_object('kind', 'notice', 'event', p_event, 'subjectId', p_subject, 'personId', p.id, 'channel', c.channel), p_now)
  from people p left join members m on m.person_id = p.id
  cross join lateral (values ('sms', p.phone_verified_at is not null and m.sms_opt_out_at is null), ('email', p.email is not null and m.email_opt_out_at is null)) c (channel, reachable)
  where c.reachable and p.disabled_at is null and (m.id = p_member or p_treasurers and p.role = 'treasurer');
end $$;
