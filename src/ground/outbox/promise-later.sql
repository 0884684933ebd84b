-- Promises a message that waits for all others, payouts of a file too: outsiders may cause any number of such. Once per key.
create function promise_later_1(p_key text, p_message jsonb, p_due timestamptz) returns void language plpgsql as $$
begin
  insert into outbox (id, dedupe_key, message, urgency, due_at) values (new_id_1(), p_key, p_message, 2, p_due) on conflict (dedupe_key) do nothing;
end $$;
