-- Judges what a source's words mean for a withdrawal. Reads only; the caller holds the locks. Every verdict except pays, late, rejects, known and unclear is quarantined.
create function judge_withdrawal_1(withdrawal withdrawals, p_own boolean, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean)
returns text language plpgsql stable as $$
begin
  if p_says = 'unclear' then return 'unclear'; end if;
  if not p_own then return 'other_conversation'; end if;
  if p_says = 'failed' then
    return case withdrawal.state when 'paid' then 'contradicts' when 'rejected' then 'known' else 'rejects' end;
  end if;
  if withdrawal.amount_cents <> p_amount then return 'amount_differs'; end if;
  if p_two_receipts then return case when withdrawal.state = 'paid' then 'known' else 'two_receipts' end; end if;
  if withdrawal.receipt <> p_receipt then return 'second_receipt'; end if;
  if exists (select from withdrawals o where o.receipt = p_receipt and o.id <> withdrawal.id) then return 'receipt_used'; end if;
  if exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null) then return 'receipt_used'; end if;
  return case withdrawal.state when 'paid' then 'known' when 'rejected' then 'late' else 'pays' end;
end $$;
--> statement-breakpoint

-- The moment at which M-PESA says that it moved a withdrawal, kept between the approval of its payout (it may have been sent more than once since) and the moment when we
-- heard. Clocks may differ by a minute: a time further off is ignored.
create function moved_within_1(p_moved_at timestamptz, p_approved_at timestamptz, p_heard_at timestamptz) returns timestamptz language sql immutable as $$
  select case when p_moved_at between p_approved_at - interval '60 seconds' and p_heard_at + interval '60 seconds' then least(greatest(p_moved_at, p_approved_at), p_heard_at) end
$$;
--> statement-breakpoint

-- A withdrawal moved nothing: what was reserved for it goes back to where it came from. Call it under the locks of the payout and the withdrawal.
create function reject_withdrawal_2(w withdrawals, payout payouts, p_result_code text, p_note text, p_now timestamptz) returns void language plpgsql as $$
begin
  update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = w.id;
  perform book_1('payout_released', w.id, 1, 'payout_reserve', payout.source_account, w.amount_cents, p_now);
  perform take_back_returned_2(payout, w.amount_cents, p_now);
  perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved', 'payout_already_reversed'], w.id::text, p_note, p_now);
end $$;
--> statement-breakpoint

-- Whether another payout of the same money waits to be approved. For no money of ours: whether one to the same phone does, or one of the same amount was requested later and
-- may have left: nothing else would say that both were paid.
create function waits_in_place_1(payout payouts) returns boolean language plpgsql stable as $$
begin
  if payout.subject_id is not null then
    return exists (select from payouts o where o.state = 'requested' and o.id <> payout.id and (o.subject_id = payout.subject_id or o.payment_id = payout.payment_id));
  end if;
  return exists (select from payouts o where o.phone_hash = payout.phone_hash and o.subject_id is null and o.id <> payout.id
    and (o.state = 'requested' or o.amount_cents = payout.amount_cents and o.requested_at > payout.requested_at and o.state not in ('declined', 'rejected')));
end $$;
--> statement-breakpoint

-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the state
-- is `unknown` until a result or the transaction's status decides. If M-PESA answers our only request for a reversal with "already reversed", the state is `unknown` as well;
-- after an earlier, unclear request, that answer means that the earlier one was accepted. Money that left after its reserve was released is booked, and a person gets a task where
-- another payout waits in its place. A reversal leaves the float of the short code that received the money, any other payout that of `p_shortcode`. Safe to repeat, in any order,
-- from any source.
create function settle_withdrawal_4(
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
  -- a prompt's success that has it by a guess looks for another name
  perform lock_group_1(d.amount_cents) from deposits d where d.receipt = p_receipt and d.attempt_id is not null;
  perform lock_receipt_1(p_receipt);
  -- nobody proves, moves or locks meanwhile what is reversed
  perform lock_receipt_1(coalesce(o.receipt, d.receipt)) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
  where w.id = p_withdrawal;
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject_id end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  if verdict in ('pays', 'late') and p_result_code = 'R000001' and not coalesce(withdrawal.asked_again, false) then
    -- this request reversed nothing: somebody else had, and nobody has said how much
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'already_reversed' else 'known' end;
  elsif verdict = 'rejects' and withdrawal.state = 'unknown' and withdrawal.result_code = 'R000001' then
    verdict := 'known'; -- true, and what was reversed before still is: a statement shows it (end_already_reversed_2)
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' and is_shown_reversed_1(reversed, p_receipt) then
    -- a signed statement has shown it, by whichever receipt, and it is booked as somebody's: the whole leaves once
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'rejects' else 'known' end;
    p_result_code := 'R000001';
  end if;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- a notice may have reported this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        perform unname_deposit_1(told.id);
        perform name_again_2(told.id, p_now);
      else
        perform merge_deposit_2(told.id, null, p_now);
      end if;
      perform open_task_1('evidence_own_payout', p_receipt, p_now);
    end if;
    update withdrawals set state = 'paid', receipt = coalesce(receipt, p_receipt), result_code = p_result_code, settled_at = p_now, moved_at = moved_within_1(p_moved_at, payout.decided_at, p_now),
      query_due_at = null, conversation_id = coalesce(conversation_id, p_conversation)
    where id = withdrawal.id;
    perform book_1(case verdict when 'pays' then 'payout_paid' else 'payout_late' end, withdrawal.id, 1,
      case verdict when 'pays' then 'payout_reserve' else payout.source_account end, own_account_1('paybill_float', coalesce(reversed.shortcode, p_shortcode)), withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_amount_differs', 'payout_receipt_used', 'payout_other_conversation', 'payout_unresolved', 'payout_already_reversed'],
      withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    perform reject_withdrawal_2(withdrawal, payout, p_result_code, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
    update withdrawals set moved_at = moved_within_1(p_moved_at, payout.decided_at, settled_at) where id = withdrawal.id and moved_at is null and p_says = 'paid';
  elsif verdict = 'already_reversed' then
    update withdrawals set state = 'unknown', result_code = p_result_code, query_due_at = null where id = withdrawal.id and state in ('dispatched', 'unknown');
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict = 'late' and waits_in_place_1(payout) then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'late', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
  if verdict in ('pays', 'late', 'known') and payout.kind = 'reversal' then
    perform link_own_reversal_1(p_receipt, coalesce(payout.receipt, reversed.receipt), verdict <> 'known', p_now);
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_2(reversed.id, p.counted_deposit_id, payout.amount_cents, payout.source_account, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_2(reversed.id, null, payout.amount_cents, payout.source_account, p_now);
    end if;
  end if;
end $$;
--> statement-breakpoint

-- Sets the state of a payout from its parts and promises what follows: an announcement when all of it is paid, and for each part that was rejected; the credit note when
-- a refund is paid. A loan's payout is promised whenever all its parts have ended, and again if one of them later ends differently: the same numbers of paid and
-- rejected parts never come twice.
create function judge_payout_1(p_payout uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  payout payouts;
  n bigint;
  paid bigint;
  rejected bigint;
begin
  select count(*), count(*) filter (where state = 'paid'), count(*) filter (where state = 'rejected') into n, paid, rejected from withdrawals where payout_id = p_payout;
  update payouts set state = case when paid = n then 'paid' when rejected = n then 'rejected' when paid > 0 then 'partly_paid' else 'approved' end
  where id = p_payout and n > 0 returning * into payout;
  if n > 0 and (paid = n or rejected > 0) then
    perform promise_1(concat_ws(':', 'payout', payout.id, paid, rejected),
      jsonb_build_object('kind', 'payout_settled', 'payoutId', payout.id, 'parts', n, 'paid', paid, 'rejected', rejected), p_now);
  end if;
  if payout.kind in ('refund', 'reversal') and payout.state = 'paid' then
    perform promise_1('refund:' || payout.id, jsonb_build_object('kind', 'refund_paid', 'payoutId', payout.id), p_now);
  elsif payout.kind = 'loan' and paid + rejected = n then
    perform promise_1(concat_ws(':', 'loan-payout', payout.id, paid, rejected), jsonb_build_object('kind', 'loan_payout_settled', 'payoutId', payout.id), p_now);
  end if;
end $$;
