ALTER TABLE "withdrawals" ADD COLUMN "moved_at" timestamp with time zone;
--> statement-breakpoint
-- The moment at which M-PESA says that it moved a withdrawal, within reason: not before its payout was approved (it may have been sent more than once since) and not after
-- we heard. Clocks may differ by a minute; what is further off is no stamp.
create or replace function moved_within_1(p_moved_at timestamptz, p_approved_at timestamptz, p_heard_at timestamptz) returns timestamptz language sql immutable as $$
  select case when p_moved_at between p_approved_at - interval '60 seconds' and p_heard_at + interval '60 seconds' then least(greatest(p_moved_at, p_approved_at), p_heard_at) end
$$;
--> statement-breakpoint
-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the
-- state is `unknown` until a result or the transaction's status tells. Money that left after all, once its reserve was given back, is booked and becomes a person's
-- task. What is reversed leaves the float of the short code that received it, what is paid that of p_shortcode. Safe to repeat, in any order, from any source.
create or replace function settle_withdrawal_2(
  p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text,
  p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  payout payouts;
  withdrawal withdrawals;
  told deposits;
  reversed deposits;
  payee_agrees boolean;
begin
  perform lock_receipt_1(p_receipt);
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject::uuid end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = reversed.receipt else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- somebody may have told of this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null where id = told.id;
      else
        perform merge_deposit_1(told.id, null, p_now);
      end if;
      perform open_task_1('evidence_own_payout', p_receipt, p_now);
    end if;
    update withdrawals set state = 'paid', receipt = coalesce(receipt, p_receipt), result_code = p_result_code, settled_at = p_now, moved_at = moved_within_1(p_moved_at, payout.decided_at, p_now),
      query_due_at = null, conversation_id = coalesce(conversation_id, p_conversation)
    where id = withdrawal.id;
    perform book_1(case verdict when 'pays' then 'payout_paid' else 'payout_late' end, withdrawal.id, 1,
      case verdict when 'pays' then 'payout_reserve' else payout.source_account end, own_account_1('paybill_float', coalesce(reversed.shortcode, p_shortcode)), withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = withdrawal.id;
    perform book_1('payout_released', withdrawal.id, 1, 'payout_reserve', payout.source_account, withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
    update withdrawals set moved_at = moved_within_1(p_moved_at, payout.decided_at, settled_at) where id = withdrawal.id and moved_at is null and p_says = 'paid';
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict in ('late') then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
end $$;
--> statement-breakpoint
-- As the previous release calls it, which kept no stamp of M-PESA's.
create or replace function settle_withdrawal_1(
  p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text,
  p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_now timestamptz, out verdict text
) language plpgsql as $$
begin
  verdict := settle_withdrawal_2(p_withdrawal, p_source, p_body_hash, p_body, p_says, p_amount, p_receipt, p_two_receipts, p_originator, p_conversation, p_payee_hash,
    p_original_receipt, p_result_code, p_shortcode, null, p_now);
end $$;
