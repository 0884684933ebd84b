-- Keeps a notice that books nothing, word for word, with a task of its own. Whoever knows the address may send many, but must not cause as many alerts: only the first twenty
-- open tasks alert. False when the notice was kept before.
create function quarantine_notice_2(p_body_hash text, p_body text, p_verdict text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  kept uuid;
begin
  if not keep_evidence_1(null, 'c2b', p_body_hash, p_body, p_verdict, p_now) then return false; end if;
  select id into kept from evidence where subject_id is null and source = 'c2b' and body_hash = p_body_hash;
  perform open_one_of_many_1('c2b_notice_quarantined', kept::text, 20, p_now);
  return true;
end $$;
