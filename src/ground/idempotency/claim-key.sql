-- Claims a caller's key for what is about to be done; without a key it does nothing. Refuses a key that was used before, and says what is known of that use: whether the
-- request was the same, and how it was answered.
create function claim_key_2(p_scope text, p_key text, p_fingerprint text, p_owner uuid, p_subject uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  claim idempotency_keys;
begin
  if p_key is null then return; end if;
  -- waits for who claims it at this moment, and then sees the row that won
  insert into idempotency_keys as k (scope, key, fingerprint, owner_id, subject_id, payment_id, created_at)
  values (p_scope, p_key, p_fingerprint, p_owner, p_subject, p_subject, p_now)
  on conflict (scope, key) do update set scope = k.scope
  returning k.* into claim;
  if claim.owner_id <> p_owner then
    perform refuse('key_used', jsonb_build_object('same', claim.fingerprint = p_fingerprint, 'status', claim.status, 'body', claim.body,
      'subjectId', coalesce(claim.subject_id, claim.payment_id), 'createdAt', claim.created_at));
  end if;
end $$;
