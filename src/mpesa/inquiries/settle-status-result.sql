-- Whether this is the answer to another question, posted to this one's address: its conversation is not the one that Safaricom acknowledged to us, or is another question's.
create function is_other_conversation_1(inquiry inquiries, p_conversation text) returns boolean language plpgsql stable as $$
begin
  if inquiry.conversation_id <> p_conversation then return true; end if;
  return exists (select from inquiries o where o.conversation_id = p_conversation and o.id <> inquiry.id);
end $$;
--> statement-breakpoint

-- Settles the answer to a question about a transaction. It books nothing: it keeps the words, and records on the question what was reported. `answers`: the answer is recorded.
-- `known` and `unclear` change nothing; all other verdicts are quarantined. `askedBy` says for whom it was asked. Safe to repeat, in any order.
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
--> statement-breakpoint

-- Settles the answer to a question about a transaction together with what it proves of a success that was not believed, or of a notice that could not be read: all in one
-- transaction, so that neither is stored without the other. A repeated answer settles what an earlier one left. `p_shortcode` is our short code that was credited (null: none).
-- `doubt`: what became of the proof.
-- `withdrawalId`: the part of a payout that was asked about by its own id.
create function settle_status_result_4(
  p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint,
  p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_shortcode text, p_prompts boolean, p_payer_name text, p_payer_phone text,
  p_payer_hash text, p_payer_tail text, p_now timestamptz, out verdict text, out "askedBy" text, out doubt text, out "depositId" uuid, out "withdrawalId" uuid
) language plpgsql as $$
declare
  answer record;
begin
  select * into answer from settle_status_result_1(p_inquiry, p_body_hash, p_body, p_says, p_result_code, p_conversation, p_status, p_receipt, p_amount, p_debit_party,
    p_credit_party, p_reason_type, p_finalised_at, p_now);
  verdict := answer.verdict; "askedBy" := answer."askedBy";
  "withdrawalId" := case when verdict in ('answers', 'known') then (select w.id from inquiries i join withdrawals w on w.id::text = i.originator_conversation_id where i.id = p_inquiry) end;
  if verdict not in ('answers', 'known') or p_says <> 'completed' or p_shortcode is null or p_receipt is null or p_amount is null then return; end if;
  if "askedBy" like 'attempt:%' then
    select d."depositId", d.verdict into "depositId", doubt
    from settle_doubt_4(split_part("askedBy", ':', 2)::uuid, p_receipt, p_amount, p_shortcode, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_finalised_at, p_now) d;
  elsif "askedBy" = 'notice' then -- ASKED_FOR_NOTICE (ask-receipt.ts)
    select d."depositId", d.verdict into "depositId", doubt
    from settle_receipt_2('status', p_receipt, p_amount, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, p_prompts,
      array_remove(array[p_finalised_at], null), true, p_now) d;
  end if;
end $$;
