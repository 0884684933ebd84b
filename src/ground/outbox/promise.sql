-- Promises a message, once per key. The key says why it is sent.
create function promise_1(p_key text, p_message jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into outbox (id, dedupe_key, message, due_at) values (new_id_1(), p_key, p_message, p_now) on conflict (dedupe_key) do nothing;
end $$;
