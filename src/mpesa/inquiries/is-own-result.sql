-- Whether a result is about this withdrawal. One of the known ids has to be ours. Only if Safaricom's acknowledgement was lost and nobody else claims these ids, it is enough
-- that everything else agrees: the amount and the payee (of a reversal: the receipt that it reverses). A failure names no payee, so that ids alone decide.
create function is_own_result_1(
  withdrawal withdrawals, p_says text, p_amount bigint, p_originator text, p_conversation text, p_payee_agrees boolean
) returns boolean language plpgsql stable as $$
begin
  if p_originator in (withdrawal.id::text, withdrawal.originator_conversation_id) then return true; end if;
  if p_conversation = withdrawal.conversation_id then return true; end if;
  if withdrawal.conversation_id is not null or p_says <> 'paid' then return false; end if;
  if exists (select from withdrawals o where o.id <> withdrawal.id and o.conversation_id = p_conversation) then return false; end if;
  if exists (select from withdrawals o where o.id <> withdrawal.id and o.originator_conversation_id = p_originator) then return false; end if;
  if exists (select from withdrawals o where o.id <> withdrawal.id and o.id = case when p_originator ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_originator::uuid end) then return false; end if;
  if exists (select from inquiries i where i.conversation_id = p_conversation) then return false; end if;
  return coalesce(p_payee_agrees and p_amount = withdrawal.amount_cents, false);
end $$;
