-- Keeps a notice that books nothing, word for word, with a task of its own. Whoever knows the address may send many, and shall not raise as many alarms: only the first
-- twenty open tasks alert. False when it was told before.
create function quarantine_notice_1(p_body_hash text, p_body text, p_verdict text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  kept uuid;
  crowd bigint;
begin
  if not keep_evidence_1(null, 'c2b', p_body_hash, p_body, p_verdict, p_now) then return false; end if;
  select id into kept from evidence where subject_id is null and source = 'c2b' and body_hash = p_body_hash;
  select count(*) into crowd from (select from reviews where kind = 'c2b_notice_quarantined' and closed_at is null limit 20) open;
  if crowd < 20 then perform open_task_1('c2b_notice_quarantined', kept::text, p_now);
  else insert into reviews (id, kind, subject, opened_at) values (new_id_1(), 'c2b_notice_quarantined', kept::text, p_now);
  end if;
  return true;
end $$;
