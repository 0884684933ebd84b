-- Writes one line of the audit trail about what a message from Safaricom changed.
create function record_1(p_action text, p_subject uuid, p_before text, p_after text, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into audit (id, actor, action, subject, before, after, happened_at)
  values (new_id_1(), 'safaricom', p_action, p_subject::text, to_jsonb(p_before), to_jsonb(p_after), p_now);
end $$;
--> statement-breakpoint

-- Writes one line of the audit trail about what somebody did, and in which request.
create function record_by_1(p_actor text, p_action text, p_subject text, p_before jsonb, p_after jsonb, p_request_id text, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into audit (id, actor, action, subject, before, after, request_id, happened_at)
  values (new_id_1(), p_actor, p_action, p_subject, p_before, p_after, p_request_id, p_now);
end $$;
