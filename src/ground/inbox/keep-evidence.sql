-- Keeps what was said, word for word, once, with the M-PESA code that it names. False when the same was said before. With `p_id` it is found by that id.
create function keep_evidence_2(
  p_id uuid, p_subject uuid, p_source text, p_body_hash text, p_body text, p_verdict text, p_receipt text, p_now timestamptz
) returns boolean language plpgsql as $$
begin
  insert into evidence (id, subject_id, source, body_hash, body, verdict, receipt, received_at)
  values (coalesce(p_id, new_id_1()), p_subject, p_source, p_body_hash, p_body, p_verdict, p_receipt, p_now)
  on conflict (subject_id, source, body_hash) do nothing;
  return found;
end $$;
--> statement-breakpoint

-- The same of what names no code, or where nobody asks for it.
create function keep_evidence_1(p_subject uuid, p_source text, p_body_hash text, p_body text, p_verdict text, p_now timestamptz) returns boolean language plpgsql as $$
begin
  insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
  values (new_id_1(), p_subject, p_source, p_body_hash, p_body, p_verdict, p_now)
  on conflict (subject_id, source, body_hash) do nothing;
  return found;
end $$;
--> statement-breakpoint

-- Gives evidence about no subject its verdict when it is read for the first time. Until then it has one of the verdicts `p_kept`, because it could not be read. False
-- where it was read before.
create function judge_kept_2(p_source text, p_body_hash text, p_kept text[], p_verdict text, p_receipt text) returns boolean language plpgsql as $$
begin
  update evidence set verdict = p_verdict, receipt = p_receipt where subject_id is null and source = p_source and body_hash = p_body_hash and verdict = any(p_kept);
  return found;
end $$;
--> statement-breakpoint

-- Evidence is never removed, and what was said, about what, from where and when never changes; nor does the code that it names, once it was read. Its verdict may be judged
-- again, and its body may be encrypted under another key: the hash is of the plain words.
create function refuse_evidence_change_2() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.id, new.source, new.body_hash, new.received_at) = (old.id, old.source, old.body_hash, old.received_at)
    and new.subject_id is not distinct from old.subject_id and (old.receipt is null or new.receipt is not distinct from old.receipt) then return new; end if;
  raise exception 'Evidence is kept as it came: % is refused', tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
create trigger evidence_is_kept before update or delete on evidence for each row execute function refuse_evidence_change_2();
--> statement-breakpoint
create trigger evidence_is_not_emptied before truncate on evidence for each statement execute function refuse_evidence_change_2();
