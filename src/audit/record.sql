-- One line of the audit trail for what Safaricom's word did.
create function record_1(p_action text, p_subject uuid, p_before text, p_after text, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into audit (id, actor, action, subject, before, after, happened_at)
  values (new_id_1(), 'safaricom', p_action, p_subject::text, to_jsonb(p_before), to_jsonb(p_after), p_now);
end $$;
