-- An answer to another question, posted here: its conversation is not the one that we were acknowledged, or is another question's.
create function is_other_conversation_1(inquiry inquiries, p_conversation text) returns boolean language plpgsql stable as $$
begin
  if inquiry.conversation_id <> p_conversation then return true; end if;
  return exists (select from inquiries o where o.conversation_id = p_conversation and o.id <> inquiry.id);
end $$;
--> statement-breakpoint

-- Settles the answer to a question about a transaction. It books nothing: the words are kept, and the question learns what was told. `answers`: this is learnt. `known`
-- and `unclear` change nothing; all others are quarantined. `askedBy` says for whom it was asked. Safe to repeat, in any order.
create function settle_status_result_1(
  p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint,
  p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_now timestamptz, out verdict text, out "askedBy" text
) language plpgsql as $$
declare
  inquiry inquiries;
begin
  select * into inquiry from inquiries where id = p_inquiry and kind = 'transaction-status' for update;
  "askedBy" := inquiry.asked_by;
  verdict := case
    when inquiry.id is null then 'no_inquiry'
    when p_result_code is null then 'unclear'
    -- is it about what we asked?
    when is_other_conversation_1(inquiry, p_conversation) then 'other_conversation'
    when inquiry.receipt <> p_receipt then 'other_transaction'
    -- the first clear answer stays; it outranks an unclear one and a time-out
    when inquiry.state <> 'answered' or inquiry.says = 'unclear' and p_says <> 'unclear' then 'answers'
    when p_says = 'unclear' then 'known'
    when inquiry.says = p_says and inquiry.told_receipt is not distinct from p_receipt and inquiry.told_cents is not distinct from p_amount then 'known'
    else 'contradicts' end;
  perform keep_evidence_1(p_inquiry, 'transaction-status', p_body_hash, p_body, verdict, p_now);

  if verdict = 'answers' then
    update inquiries set state = 'answered', answered_at = p_now, says = p_says, result_code = p_result_code, told_status = p_status, told_receipt = p_receipt,
      told_cents = p_amount, debit_party = p_debit_party, credit_party = p_credit_party, reason_type = p_reason_type, finalised_at = p_finalised_at
    where id = inquiry.id;
  end if;
end $$;
