-- What left our floats until a moment as given back in the portal of a deposit, less what was booked back. An earlier release took it off when it was taken back.
create function booked_reversed_1(p_deposit uuid, p_until timestamptz) returns bigint language sql stable as $$
  select coalesce(sum(case when t.credit_account like 'paybill_float%' then t.amount_cents when t.debit_account like 'paybill_float%' then -t.amount_cents else 0 end), 0)::bigint from transfers t
  where t.kind in ('reversed_elsewhere', 'taken_back') and t.source_id = p_deposit::text and t.booked_at <= p_until
$$;
--> statement-breakpoint
-- What the books have learnt after a short code's first balance of the time before it: what came and nobody had told of, less what was a lie, was one movement booked twice, was given back in the
-- portal, or was paid out and taken for rejected. The money from before is so much less. What moves to its own short code is corrected at both when it does (gather_1). A statement tells of 62 days.
create function learnt_since_1(p_shortcode text, p_opened_at timestamptz) returns bigint language plpgsql stable as $$
begin
  return (select coalesce(sum(learnt.cents), 0)::bigint from (
    select case when d.settled_at > p_opened_at then d.amount_cents else -d.amount_cents end as cents from deposits d
    where d.shortcode = p_shortcode and d.moved_at <= p_opened_at and d.moved_at > p_opened_at - interval '62 days' and case
      when d.settled_at > p_opened_at then d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      when d.taken_back_at is not null then d.taken_back_at > p_opened_at and d.reversed_elsewhere_at is null
      else d.merged_into is not null and exists (select from transfers t where t.kind = 'merged' and t.source_id = d.id::text and t.booked_at > p_opened_at) end
    -- what left first of a payment was booked first
    union all select least(booked_reversed_1(d.id, p_opened_at), gone.cents) - least(booked_reversed_1(d.id, 'infinity'), gone.cents) from deposits d
      cross join lateral (select case count(*) when 0 then d.reversed_elsewhere_cents else coalesce(sum(l.cents) filter (where l.left_at <= p_opened_at), 0) end as cents
        from given_back_lines_1(d.receipt, known_shortcode_1(d)) l) gone
    where d.shortcode = p_shortcode and d.reversed_elsewhere_at <= p_opened_at
    -- while nobody could say of which payment, and when somebody could
    union all select case t.debit_account when 'receivables' then -t.amount_cents else t.amount_cents end from transfers t
    where t.kind = 'reversed_elsewhere' and t.booked_at > p_opened_at and 'paybill_float:' || p_shortcode in (t.debit_account, t.credit_account)
      and exists (select from statement_lines l where l.receipt = t.source_id and l.completed_at <= p_opened_at)
    union all select -w.amount_cents from withdrawals w join payouts p on p.id = w.payout_id
      join transfers t on t.kind in ('payout_paid', 'payout_late') and t.source_id = w.id::text and t.leg = 1
    where w.settled_at > p_opened_at and w.settled_at <= p_opened_at + interval '62 days' and w.state = 'paid' and w.moved_at <= p_opened_at
      and coalesce('paybill_float:' || (select d.shortcode from deposits d where d.id = case p.kind when 'reversal' then p.subject::uuid end), t.credit_account) = 'paybill_float:' || p_shortcode
  ) learnt);
end $$;
--> statement-breakpoint
-- The short code of ours that money surely came to. Null where nobody knows: it may have come to any.
create function known_shortcode_1(d deposits) returns text language sql stable as $$
  select case when not is_by_list_1(d) then d.shortcode end
$$;
--> statement-breakpoint
-- What of a deposit stood in the accounts of our short codes at a moment.
create function stood_at_1(p_deposit uuid, p_at timestamptz) returns bigint language sql stable as $$
  select coalesce(sum(case when t.debit_account like 'paybill\_%' then t.amount_cents else 0 end - case when t.credit_account like 'paybill\_%' then t.amount_cents else 0 end), 0)::bigint
  from transfers t where t.booked_at <= p_at and (t.kind in ('mpesa_in', 'proved_after_all', 'merged', 'taken_back', 'reversed_elsewhere') and t.source_id = p_deposit::text
    or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = p_deposit::text))
$$;
--> statement-breakpoint
-- What signed statements show as given back in the portal of a receipt that came to this short code (null: to whichever of ours), and when it left: each line once, in however many statements it stands. Equal
-- parts of one second are as many as one statement lists.
create function given_back_lines_1(p_receipt text, p_shortcode text) returns table (receipt text, left_at timestamptz, cents bigint, nth bigint) language sql stable as $$
  select distinct x.receipt, x.completed_at, x.amount_cents, row_number() over (partition by x.statement_id, x.receipt, x.completed_at, x.amount_cents order by x.n)
  from statement_lines x join statements s on s.id = x.statement_id
  where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict is not null and s.shortcode = coalesce(p_shortcode, s.shortcode)
$$;
--> statement-breakpoint
-- Whether the books have money as proved that a statement should contain and does not. Refuted money has tasks of its own; a success may have got its receipt since, and a payment its own short code.
create function misses_1(p_statement uuid) returns boolean language sql stable as $$
  select exists (select from statement_absences a join statements s on s.id = a.statement_id left join deposits d on d.id = a.movement_id
    where s.id = p_statement and a.proved and (a.direction = 'out' or d.merged_into is null and d.taken_back_at is null and d.receipt is not distinct from a.receipt and d.shortcode = s.shortcode))
$$;
--> statement-breakpoint
-- Ends the tasks of statements that miss nothing any more.
create function close_missing_1(p_now timestamptz) returns void language plpgsql as $$
begin
  perform close_tasks_1(array['statement_missing_there'], r.subject, 'Nothing is missing there any more.', p_now)
  from reviews r where r.kind = 'statement_missing_there' and r.closed_at is null and not misses_1(r.subject::uuid);
end $$;
--> statement-breakpoint
-- Whether two people have said which payment a reversal gave back, and no full statement has.
create function is_said_1(p_reversal text) returns boolean language sql stable as $$
  select exists (select from float_entries e where e.receipt = p_reversal and e.kind = 'paid_out' and e.state = 'booked' and coalesce(e.deposit_id, e.payment_id) is not null)
    and not exists (select from statement_lines l join statements s on s.id = l.statement_id
      where l.receipt = p_reversal and l.linked_receipt is not null and s.layout = 'preamble' and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint
-- Safaricom's answer says by which reversal of ours a payment was given back: people have said wrongly that this one did. Nobody knows again what it gave back, and two people may
-- say it anew. What was taken back for it meanwhile is a person's, who is told of both.
create function unsay_link_1(p_reversal text, p_payment text, p_now timestamptz) returns void language plpgsql as $$
declare
  words constant text := 'Safaricom''s answer to our own reversal of %s says that this one did not give that payment back, as two people had said.';
begin
  perform lock_receipt_1(p_reversal);
  if exists (select from deposits d where d.receipt = p_payment and d.taken_back_at is not null) then return; end if;
  update float_entries set state = 'rejected', decided_by = 'malipo', decided_at = p_now, booked_at = null, proved_by = null, line_key = null
  where receipt = p_reversal and kind = 'paid_out' and state = 'booked';
  update statement_lines x set linked_receipt = null, movement_id = null, finding = 'reversed', verdict = case when s.state in ('signed', 'done') then 'unlinked' end from statements s
  where s.id = x.statement_id and x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.finding in ('reversed', 'agrees');
  perform book_unlinked_1(p_reversal, p_now);
  perform not_given_back_1(d.id, p_now) from deposits d where d.receipt = p_payment;
  perform open_worded_task_1('statement_reversed', p_reversal, concat_ws(' ', format(words, p_payment), (select r.words from reviews r
    where r.kind = 'statement_reversed' and r.subject = p_reversal and r.words is not null order by r.opened_at desc limit 1)), p_now);
end $$;
--> statement-breakpoint
-- Settles the answer to a question about the balances of a short code: the words are kept, and so is what stands on each account, beside what our ledger holds there.
-- `p_accounts` are the accounts that were told, `p_available` is what stands on the one that pays out. `answers`: this is learnt. `known` and `unclear` change nothing;
-- all others are quarantined. Safe to repeat, in any order.
create or replace function settle_balance_result_1(
  p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_accounts jsonb, p_told_at timestamptz,
  p_paying_shortcode text, p_available bigint, p_low_float bigint, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  inquiry inquiries;
begin
  select * into inquiry from inquiries where id = p_inquiry and kind = 'account-balance' for update;
  verdict := case
    when inquiry.id is null then 'no_inquiry'
    when p_result_code is null then 'unclear'
    when is_other_conversation_1(inquiry, p_conversation) then 'other_conversation'
    -- the first balances that are told stay; they outrank a time-out and an answer without any
    when inquiry.state <> 'answered' or inquiry.says <> 'done' and p_says = 'done' then 'answers'
    when inquiry.says <> p_says and p_says <> 'unclear' then 'contradicts'
    when p_says = 'done' and not told_before_1(inquiry.id, p_accounts) then 'contradicts'
    else 'known' end;
  perform keep_evidence_1(p_inquiry, 'account-balance', p_body_hash, p_body, verdict, p_now);
  if verdict <> 'answers' then return; end if;

  update inquiries set state = 'answered', answered_at = p_now, says = p_says, result_code = p_result_code,
    ledger_cents = held_1('paybill_float:' || shortcode) + held_1('paybill_told:' || shortcode)
  where id = inquiry.id;
  if p_says <> 'done' then return; end if;

  insert into float_balances (id, inquiry_id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, told_at)
  select new_id_1(), inquiry.id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, p_told_at from told_accounts_1(p_accounts);
  perform close_tasks_1(array['balance_unknown'], inquiry.shortcode, 'Safaricom told the balance again.', p_now);

  -- whether there is enough to pay out from is judged by the newest question alone: a late answer to an older one says nothing of today
  if inquiry.shortcode <> p_paying_shortcode then return; end if;
  if inquiry.asked_at < (select o.asked_at from inquiries o where o.kind = inquiry.kind and o.shortcode = inquiry.shortcode and o.state = 'answered' and o.says = 'done'
    order by o.asked_at desc limit 1) then return; end if;
  if p_low_float > 0 and p_available < p_low_float then
    perform open_task_1('low_float', inquiry.shortcode, p_now);
  elsif p_available is not null then
    perform close_tasks_1(array['low_float'], inquiry.shortcode, 'A later balance suffices.', p_now);
  end if;
end $$;
--> statement-breakpoint
-- Moves deposits of an earlier release to the accounts of their short code: told money to `paybill_told`, proved money to its float. `p_by_status` are those whose receipt a
-- status answer proved as today's rule wants it.
create or replace function gather_earlier_1(p_deposits uuid[], p_by_status uuid[], p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  for d in select * from deposits where id = any(p_deposits) and shortcode is null and merged_into is null order by id for update loop
    d.receipt_proved_at := case
      when d.id = any(p_by_status) then d.confirmed_at
      when d.receipt is not null and d.attempt_id is not null and exists (select from attempts a where a.id = d.attempt_id and a.receipt = d.receipt) then d.confirmed_at end;
    d.tied_by := case when d.attempt_id is null or d.receipt is null then null when d.receipt_proved_at is not null and d.id <> all(p_by_status) then 'callback' else 'reference' end;
    -- only the prompt's own success, or a receipt that is proved, proves money
    if d.attempt_id is null and d.receipt_proved_at is null then d.confirmed_at := null; end if;
    if d.taken_back_at is not null then -- taken off again where it stood
      update deposits set shortcode = p_shortcode where id = d.id;
      continue;
    end if;
    update deposits set shortcode = p_shortcode, receipt_proved_at = d.receipt_proved_at, tied_by = d.tied_by, confirmed_at = d.confirmed_at, moved_at = coalesce(moved_at, settled_at),
      confirmation_tries = case when d.receipt_proved_at is null then 0 else confirmation_tries end,
      confirmation_due_at = case when d.receipt is not null and d.receipt_proved_at is null then p_now end
    where id = d.id;
    perform book_1('gathered', d.id, 1, own_account_1(case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end, p_shortcode), 'paybill_float', d.amount_cents, p_now);
    update float_watches set opening_cents = opening_cents - d.amount_cents where shortcode = p_shortcode and opened_at >= d.settled_at; -- it was in the first balance
  end loop;
end $$;
--> statement-breakpoint
-- Who knows says at which of our short codes money came: there it stands, where only its notice or a pulled list had named another one.
create or replace function gather_1(p_deposit uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  account text;
  stands bigint;
begin
  select * into d from deposits
  where id = p_deposit and merged_into is null and shortcode <> p_shortcode and (confirmed_at is null or is_by_list_1(deposits)) for update;
  if not found then return; end if;
  if d.taken_back_at is null then
    account := case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end;
    -- what was given back of it has left there by now: it is counted where the payment is (read-movements.ts)
    select d.amount_cents - coalesce(sum(case when t.credit_account = own_account_1(account, d.shortcode) then t.amount_cents else -t.amount_cents end), 0) into stands from transfers t
    where own_account_1(account, d.shortcode) in (t.credit_account, t.debit_account) and (t.kind = 'reversed_elsewhere' and t.source_id = d.id::text
      or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = d.id::text));
    if stands > 0 then perform book_1('gathered', d.id, next_leg_1('gathered', d.id), own_account_1(account, p_shortcode), own_account_1(account, d.shortcode), stands, p_now); end if;
  end if;
  -- what of it came before a first balance is in that of its own short code
  update float_watches w set opening_cents = w.opening_cents + stood_at_1(d.id, w.opened_at) * case w.shortcode when d.shortcode then 1 else -1 end
  where w.shortcode in (d.shortcode, p_shortcode);
  update deposits set shortcode = p_shortcode, shortcode_by_list = null where id = d.id;
  perform close_missing_1(p_now);
end $$;
--> statement-breakpoint
-- Moves what an earlier release paid out from the account without a short code to that which it left: payouts that of `p_pays`, reversals that of `p_shortcode`, which had
-- taken all payments. Some hundred at a time; how many. Nothing is read once that account is empty.
create or replace function gather_payouts_1(p_pays text, p_shortcode text, p_limit int, p_now timestamptz) returns int language plpgsql as $$
declare
  t record;
  moved int := 0;
begin
  if held_1('paybill_float') = 0 then return 0; end if;
  for t in
    select x.source_id, x.amount_cents, x.booked_at, case o.kind when 'reversal' then p_shortcode else p_pays end as shortcode
    from transfers x join withdrawals w on w.id = x.source_id::uuid join payouts o on o.id = w.payout_id
    where x.kind in ('payout_paid', 'payout_late') and x.credit_account = 'paybill_float'
      and not exists (select from transfers g where g.kind = 'gathered' and g.source_id = x.source_id)
    order by x.source_id limit p_limit
  loop
    moved := moved + 1;
    perform book_1('gathered', t.source_id::uuid, 1, 'paybill_float', own_account_1('paybill_float', t.shortcode), t.amount_cents, p_now);
    update float_watches set opening_cents = opening_cents + t.amount_cents where shortcode = t.shortcode and opened_at >= t.booked_at; -- it had left before the first balance
  end loop;
  return moved;
end $$;
--> statement-breakpoint
-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the
-- state is `unknown` until a result or the transaction's status tells. So it is where M-PESA says "already reversed" of the only request: of an earlier, unclear one it means
-- that that one was taken. Money that left after all, once its reserve was given back, is booked and becomes a person's task. What is reversed leaves the float of the short
-- code that received it, what is paid that of p_shortcode. Safe to repeat, in any order, from any source.
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
  -- a prompt's success that has it by a guess looks for another name
  perform lock_group_1(d.amount_cents) from deposits d where d.receipt = p_receipt and d.attempt_id is not null;
  perform lock_receipt_1(p_receipt);
  -- nobody proves, moves or locks meanwhile what is reversed
  perform lock_receipt_1(coalesce(o.receipt, d.receipt)) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
  where w.id = p_withdrawal;
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject::uuid end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  if verdict in ('pays', 'late') and p_result_code = 'R000001' and not coalesce(withdrawal.asked_again, false) then
    -- this request gave nothing back: somebody else had, and nobody has said how much
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'already_reversed' else 'known' end;
  elsif verdict = 'rejects' and withdrawal.state = 'unknown' and withdrawal.result_code = 'R000001' then
    verdict := 'known'; -- true, and what was given back before still is: a statement shows it (end_already_reversed_1)
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' and exists (select from statement_lines l
    where coalesce(l.linked_receipt, l.receipt) = reversed.receipt and l.finding = 'reversed' and l.direction = 'out' and l.movement_id = reversed.id and l.verdict in ('locked', 'taken_back')
      and (l.receipt = p_receipt or not is_said_1(l.receipt))) then
    -- a signed statement has shown it, by whichever receipt, and it is booked as somebody's: the whole leaves once
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'rejects' else 'known' end;
    p_result_code := 'R000001';
  end if;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- somebody may have told of this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        perform unname_deposit_1(told.id);
        perform name_again_1(told.id, p_now);
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
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved', 'payout_already_reversed'], withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    perform reject_withdrawal_1(withdrawal, payout, p_result_code, 'It was rejected.', p_now);
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
  if verdict in ('late') then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
  if verdict in ('pays', 'late', 'known') and payout.kind = 'reversal' and exists (select from statement_lines l where l.receipt = p_receipt and (l.verdict = 'unlinked' or is_said_1(p_receipt))) then
    perform link_reversal_1(p_receipt, coalesce(payout.receipt, reversed.receipt), p_now); -- a statement had it without its payment, which people may have said
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- by no other one, whatever people have said
    perform unsay_link_1(x.receipt, x.linked_receipt, p_now) from (select distinct l.receipt, l.linked_receipt from statement_lines l
      where l.linked_receipt = coalesce(payout.receipt, reversed.receipt) and l.receipt <> p_receipt and l.kind = 'reversal' and l.direction = 'out' and is_said_1(l.receipt) order by 1) x;
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_1(payout.id, p.counted_deposit_id, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_1(payout.id, null, p_now);
    end if;
  end if;
end $$;
--> statement-breakpoint
-- Ends the reversals of which M-PESA said that their payment had been given back already, and which gave nothing back: once signed statements show the whole as given back, or
-- a part and each day from the payment to the request. What they show has locked it. How many.
create or replace function end_already_reversed_1(p_now timestamptz) returns int language plpgsql as $$
declare
  w withdrawals;
  payout payouts;
  ended int := 0;
begin
  for w in
    select x.* from reviews r join withdrawals x on x.id = r.subject::uuid join payouts o on o.id = x.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
    where r.kind = 'payout_already_reversed' and r.closed_at is null and x.state = 'unknown' and x.result_code = 'R000001'
      and exists (select from statement_lines l join statements s on s.id = l.statement_id
        where coalesce(l.linked_receipt, l.receipt) = d.receipt and l.finding = 'reversed' and l.direction = 'out' and l.movement_id = d.id and l.verdict in ('locked', 'taken_back')
          and (d.reversed_elsewhere_cents = d.amount_cents or is_covered_1(s.shortcode, (coalesce(d.moved_at, d.settled_at) at time zone 'Africa/Nairobi')::date,
            (x.dispatched_at at time zone 'Africa/Nairobi')::date)))
    order by x.id
  loop
    select * into payout from payouts where id = w.payout_id for update;
    select * into w from withdrawals x where x.id = w.id and x.state = 'unknown' for update;
    continue when not found;
    perform reject_withdrawal_1(w, payout, w.result_code, 'Signed statements show what was given back.', p_now);
    perform judge_payout_1(payout.id, p_now);
    ended := ended + 1;
  end loop;
  return ended;
end $$;
--> statement-breakpoint
-- Compares the next lines of a statement with our books, oldest first: each gets one finding. test/statements/match-statement.ts says the same slowly and plainly.
create or replace function match_lines_1(p_statement uuid, p_limit int) returns int language plpgsql as $$
declare
  s statements;
  upto int;
  l statement_lines;
  payment uuid;
  movement uuid;
begin
  select * into s from statements where id = p_statement and state = 'matching' for update;
  if not found or s.done >= s.line_count then return 0; end if;
  upto := least(s.done + p_limit, s.line_count);

  -- which payment a reversal gave back, where only another signed statement says it
  update statement_lines x set linked_receipt = known_link_1(x.receipt)
  where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is null;

  -- what the receipt decides
  update statement_lines x set movement_id = case when not f.repeats then coalesce(f.giving_back, f.movement_id) end, finding = case
      when x.kind in ('charge', 'sweep', 'top_up', 'internal') then x.kind
      when f.repeats then 'duplicate'
      when f.amount_cents = x.amount_cents then 'agrees'
      when f.amount_cents is not null then 'amount_differs'
      when x.kind = 'reversal' then case when f.own_cents <> x.amount_cents then 'amount_differs' when f.given_back then 'agrees' when f.giving_back is not null then 'unresolved' else 'reversed' end end
  from (
    select y.n, case when y.kind in ('charge', 'sweep', 'top_up', 'internal') then null else coalesce(d.id, w.id, u.id, v.id) end as movement_id,
      coalesce(d.amount_cents, left_under_1(w)) as amount_cents, ours.amount_cents as own_cents,
      ours.amount_cents is not null or u.taken_back_at is not null and u.reversed_elsewhere_at is not null as given_back,
      unended_reversal_1(u.id) as giving_back,
      -- the balance goes through a part that is given back by hand as often as it is listed; a payment, a payout and a reversal of ours move once
      y.ordinal > 1 and not (y.kind = 'reversal' and y.direction = 'out' and w.id is null and ours.amount_cents is null) as repeats
    from statement_lines y
      left join deposits d on y.direction = 'in' and d.receipt = y.receipt and d.merged_into is null
        and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      left join withdrawals w on y.direction = 'out' and w.receipt = y.receipt and w.state = 'paid'
      -- what a reversal has undone
      left join deposits u on y.kind = 'reversal' and y.direction = 'out' and u.receipt = coalesce(y.linked_receipt, y.receipt) and u.merged_into is null
      left join withdrawals v on y.kind = 'reversal' and y.direction = 'in' and v.receipt = coalesce(y.linked_receipt, y.receipt)
      left join lateral (select b.amount_cents from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject = u.id::text and b.state = 'paid' limit 1) ours on true
    where y.statement_id = s.id and y.n > s.done and y.n <= upto
  ) f
  where x.statement_id = s.id and x.n = f.n;

  -- lines that may be the receipt of a success which has none: point by point in time, the success whose time ends first
  for l in
    select y.* from statement_lines y where y.statement_id = s.id and y.n > s.done and y.n <= upto and y.finding is null and (
      y.direction = 'in' and y.kind in ('payment', 'organisation') and exists (select from deposits d
        where d.receipt is null and d.merged_into is null and d.amount_cents = y.amount_cents and d.shortcode = s.shortcode)
      or y.direction = 'out' and s.pays_out and y.kind in ('payout', 'unknown') and exists (select from withdrawals w
        where w.receipt is null and w.state in ('dispatched', 'unknown', 'paid') and w.amount_cents = y.amount_cents))
    order by y.n
  loop
    if l.direction = 'in' then
      select p.id into payment from payments p where p.reference = l.reference;
      select d.id into movement from deposits d join attempts a on a.id = d.attempt_id
      where d.receipt is null and d.merged_into is null and d.amount_cents = l.amount_cents and d.shortcode = s.shortcode
        and (d.payment_id = payment or payment is null and s.prompts and l.typed_reference is null and fits_1(a, array[l.completed_at], l.payer_hash, l.payer_tail))
        and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'names' and o.movement_id = d.id)
      order by echo_until_1(a), d.id limit 1;
    else
      select w.id into movement from withdrawals w
      where w.receipt is null and w.state = 'paid' and w.amount_cents = l.amount_cents
        and l.completed_at between w.dispatched_at - interval '60 seconds' and w.settled_at + interval '60 seconds'
        and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'names' and o.movement_id = w.id)
      order by w.settled_at, w.id limit 1;
    end if;
    if movement is not null then
      update statement_lines x set finding = 'names', movement_id = movement where x.statement_id = s.id and x.n = l.n;
    elsif l.direction = 'out' then
      update statement_lines x set finding = 'unresolved', movement_id = u.id
      from (select w.id from withdrawals w join payouts p on p.id = w.payout_id
        where w.receipt is null and w.state in ('dispatched', 'unknown') and p.kind <> 'reversal' and w.amount_cents = l.amount_cents
          and l.completed_at >= w.dispatched_at - interval '60 seconds'
          and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'unresolved' and o.movement_id = w.id)
        order by w.dispatched_at, w.id limit 1) u
      where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;

  update statement_lines x set finding = 'missing_here' where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.finding is null;
  update statements set done = upto where id = s.id;
  return upto - s.done;
end $$;
--> statement-breakpoint
-- Ends the comparing of a statement: which movements of ours it does not contain, as far as it can say, and the task for a second person. False while there is more to compare.
create or replace function end_matching_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'matching' for update;
  if not found or s.done < s.line_count then return false; end if;
  -- customers' money comes to one account, and to no other
  if s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and lists_payments_1(s) then
    insert into statement_absences (statement_id, movement_id, direction, receipt, amount_cents, moved_at, proved)
    select s.id, d.id, 'in', d.receipt, d.amount_cents, coalesce(d.moved_at, d.settled_at), d.confirmed_at is not null
    from deposits d
    where d.shortcode = s.shortcode and d.merged_into is null and d.taken_back_at is null and coalesce(d.moved_at, d.settled_at) between s.covers_from and s.covers_to
      -- a receipt alone is no line: charges and own money bear the receipts of payments
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'in' and l.movement_id = d.id)
    on conflict do nothing;
  end if;
  -- payouts may leave from another account than this one: only one that shows some of them can miss others. What is reversed leaves the short code that it had come to
  if s.whole and exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.finding in ('agrees', 'names')) then
    insert into statement_absences (statement_id, movement_id, direction, receipt, amount_cents, moved_at, proved)
    select s.id, w.id, 'out', w.receipt, w.amount_cents, coalesce(w.moved_at, w.settled_at), true
    from withdrawals w join payouts p on p.id = w.payout_id left join deposits d on d.id = case when p.kind = 'reversal' then p.subject::uuid end
    where case when is_by_list_1(d) then false else coalesce(d.shortcode = s.shortcode, s.pays_out) end and w.state = 'paid' and w.dispatched_at >= s.covers_from and coalesce(w.moved_at, w.settled_at) between s.covers_from and s.covers_to
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.movement_id = w.id)
      -- given back: its line may bear the receipt of the payment
      and not exists (select from statement_lines l where l.statement_id = s.id and l.kind = 'reversal' and l.movement_id = d.id)
    on conflict do nothing;
  end if;
  update statements set state = 'matched', done = 0 where id = s.id;
  perform open_task_1('statement_unsigned', s.id::text, p_now);
  return true;
end $$;
--> statement-breakpoint
-- Ends a signed statement, once all its lines are settled: from now on it refutes what it should contain and does not, where it is of the account that customers pay into, whole by its
-- own figures, and joins the last signed one or says its opening balance itself. Tasks for what is left, and the end of those that asked for it. False while there is more to do.
create or replace function end_statement_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found or s.done < s.line_count then return false; end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and l.direction = 'out' and l.verdict is null) then return false; end if;
  update statements set state = 'done', finished_at = p_now,
    refutes = s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and coalesce(follows_1(s), s.opening_told) and lists_payments_1(s)
  where id = s.id returning * into s;
  if not s.refutes and (s.line_count > 0 or s.whole) then perform open_task_1('statement_incomplete', s.id::text, p_now); end if;
  if s.problem_count > 0 or exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'duplicate') then perform open_task_1('statement_doubtful', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'amount_differs') then perform open_task_1('statement_amount_differs', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'in' and l.kind not in ('payment', 'organisation')) then
    perform open_task_1('statement_line_unknown', s.id::text, p_now);
  end if;
  if misses_1(s.id) then perform open_task_1('statement_missing_there', s.id::text, p_now); end if;
  perform close_missing_1(p_now);
  perform open_line_tasks_1('statement_reversed', s.id,
    array(select coalesce(l.linked_receipt, l.receipt) from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and coalesce(l.verdict, '') not in ('taken_back', 'unlinked')
      order by l.n), p_now);
  perform tell_unlinked_1(s.id, p_now);
  perform open_line_tasks_1('statement_money_out', s.id,
    array(select l.receipt from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'out' order by l.n), p_now);
  perform close_unread_1(p.shortcode, '{}', null, p_now) from pulls p where p.unread <> '{}' or p.unread_from is not null order by p.shortcode;
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'A signed statement has settled it.'
  where r.kind = 'statement_line_failed' and r.closed_at is null and exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject)
    and not exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject and l.verdict = 'failed');
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'Imported and signed off.'
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_answered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
  return true;
end $$;
--> statement-breakpoint
-- The receipt of the first such reversal of signed statements, while nobody has said which payment it gave back. Null where there is none.
create or replace function unlinked_reversal_1(d deposits) returns text language sql stable as $$
  select l.receipt from statements s join statement_lines l on l.statement_id = s.id
  where l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' and s.shortcode = coalesce(known_shortcode_1(d), s.shortcode) and may_give_back_1(l, d)
  order by l.completed_at, l.receipt limit 1
$$;
--> statement-breakpoint
-- What settled lines of signed statements show as given back in the portal of a receipt in all (given_back_lines_1).
create or replace function shown_reversed_1(p_receipt text, p_shortcode text, out cents bigint, out first_at timestamptz, out reversal text) language sql stable as $$
  select sum(l.cents)::bigint, min(l.left_at), (array_agg(l.receipt order by l.left_at))[1] from given_back_lines_1(p_receipt, p_shortcode) l
$$;
--> statement-breakpoint
-- What a reversal took that nobody can say the payment of has left the float all the same, once, however many statements show it: whoever got it owes it until its payment is
-- known. Then it is booked back here, and booked for that payment. Ask under the lock of its receipt.
create or replace function book_unlinked_1(p_reversal text, p_now timestamptz) returns void language plpgsql as $$
declare
  shown record;
  booked record;
  left_cents bigint;
begin
  select s.shortcode, (select sum(g.cents) from given_back_lines_1(p_reversal, s.shortcode) g where g.receipt = p_reversal) as amount_cents into shown
  from statement_lines l join statements s on s.id = l.statement_id
  where l.receipt = p_reversal and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' order by l.completed_at, s.id limit 1;
  select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) as cents, max(t.leg) as leg,
    max(case t.debit_account when 'receivables' then t.credit_account end) as float into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = p_reversal;
  left_cents := coalesce(shown.amount_cents, 0) - booked.cents;
  if left_cents = 0 then return; end if;
  booked.float := coalesce(booked.float, own_account_1('paybill_float', shown.shortcode));
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select new_id_1(), 'reversed_elsewhere', p_reversal, coalesce(booked.leg, 0) + 1,
    case when left_cents > 0 then 'receivables' else booked.float end, case when left_cents > 0 then booked.float else 'receivables' end, abs(left_cents), p_now;
end $$;
--> statement-breakpoint
-- It is known which payment a reversal gave back whose lines did not say it: by a line of another signed statement, by Safaricom's answer to a reversal of ours, or by two people.
-- Its lines say so from now on, and what was booked while nobody knew is booked for that payment. What statements and answers say goes before what people have said.
create or replace function link_reversal_1(p_reversal text, p_receipt text, p_now timestamptz) returns void language plpgsql as $$
declare
  mistaken text[];
begin
  perform lock_receipt_1(p_reversal);
  perform lock_receipt_1(p_receipt);
  mistaken := array(select distinct x.linked_receipt from statement_lines x
    where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt <> p_receipt order by 1);
  update statement_lines x set linked_receipt = p_receipt,
    verdict = case when x.finding = 'reversed' and x.verdict is not null then 'unknown' else x.verdict end,
    movement_id = case when x.finding = 'reversed' then null else x.movement_id end
  where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is distinct from p_receipt;
  if not found then return; end if;
  perform book_unlinked_1(p_reversal, p_now);
  perform not_given_back_1(o.id, p_now) from deposits o where o.receipt = any(mistaken);

  perform from payments where id = (select o.payment_id from deposits o where o.receipt = p_receipt) for update;
  perform recall_reversed_1(p_receipt, p_now);
  if p_reversal <> p_receipt then perform close_tasks_1(array['statement_reversed'], p_reversal, 'It is known which payment it gave back: ' || p_receipt || '.', p_now); end if;
  perform close_tasks_1(array['statement_reversed'], x.statement_id::text, 'It is known which payments were given back.', p_now)
  from (select distinct o.statement_id from statement_lines o where o.receipt = p_reversal) x
  where (select count(*) <= 20 and count(*) filter (where y.verdict = 'unlinked') = 0 from statement_lines y where y.statement_id = x.statement_id and y.finding = 'reversed');
end $$;
--> statement-breakpoint
-- The reversal of ours that a line without a link may be: of its amount and short code, sent before, and nobody has told its end.
create or replace function unended_like_1(l statement_lines, p_shortcode text) returns uuid language sql stable as $$
  select w.id from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
  where w.state in ('dispatched', 'unknown') and w.result_code is distinct from 'R000001' and w.receipt is null and w.amount_cents = l.amount_cents and coalesce(known_shortcode_1(d), p_shortcode) = p_shortcode
    and w.dispatched_at - interval '60 seconds' <= l.completed_at
    and not exists (select from statement_lines x where x.statement_id = l.statement_id and x.movement_id = w.id and x.finding = 'unresolved' and x.n <> l.n)
  order by w.dispatched_at, w.id limit 1
$$;
--> statement-breakpoint
-- A receipt was heard of, has another amount or short code, or is another movement's now: what signed statements show as given back of it in the portal goes with it, whichever
-- was told first, unless it is a reversal of ours. Ask under the receipt's lock. taken_back: it had paid for nothing. locked: a person takes it back (take-back.sql). Null where
-- there is nothing.
create or replace function recall_reversed_1(p_receipt text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  shown record;
  says text;
  own uuid; -- a reversal of ours without an end
  paid boolean; -- one that was paid
  was_unheard boolean; -- when its line was settled
begin
  -- a line without a link has a payment's own receipt only where that payment is proved
  if exists (select from statement_lines x where x.receipt = p_receipt and x.verdict = 'unlinked') then
    if not exists (select from deposits o where o.receipt = p_receipt and o.receipt_proved_at is not null) then return null; end if;
    perform link_reversal_1(p_receipt, p_receipt, p_now);
    return (select x.verdict from statement_lines x where x.receipt = p_receipt and x.linked_receipt = p_receipt and x.finding = 'reversed' limit 1);
  end if;
  if not exists (select from statement_lines x where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out') then return null; end if;
  select * into d from deposits o where o.receipt = p_receipt for update;
  own := unended_reversal_1(d.id);
  paid := exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = d.id::text and w.state = 'paid');
  if paid or own is not null then
    update statement_lines x set finding = case when paid then 'agrees' else 'unresolved' end, verdict = case when paid then 'ours' end, movement_id = case when paid then d.id else own end
    where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict in ('unknown', 'other_shortcode');
  end if;
  select * into shown from shown_reversed_1(p_receipt, known_shortcode_1(d));
  if d.id is null or shown.cents is null then return null; end if;
  update deposits set reversed_elsewhere_at = coalesce(reversed_elsewhere_at, shown.first_at), reversal_receipt = coalesce(reversal_receipt, shown.reversal),
    reversed_elsewhere_cents = least(amount_cents, shown.cents)
  where id = d.id and taken_back_at is null;
  if found and d.reversed_elsewhere_at is null then perform record_1('deposit_reversed_elsewhere', d.id, null, shown.reversal, p_now); end if;
  says := book_reversed_1(d.id, p_now);
  with told as (
    update statement_lines x set movement_id = d.id, verdict = says
    from statement_lines y join statements s on s.id = y.statement_id
    where x.statement_id = y.statement_id and x.n = y.n and coalesce(y.linked_receipt, y.receipt) = p_receipt and y.finding = 'reversed' and y.direction = 'out'
      and s.shortcode = coalesce(known_shortcode_1(d), s.shortcode) and y.verdict is not null and (y.verdict, y.movement_id) is distinct from (says, d.id)
    returning y.verdict
  ) select bool_or(verdict in ('unknown', 'other_shortcode')) into was_unheard from told;
  if was_unheard and says = 'locked' then perform open_task_1('statement_reversed', p_receipt, p_now); end if;
  return says;
end $$;
--> statement-breakpoint
-- What statements show as given back was another deposit's: it is taken off this one, as far as no other line shows it, and booked back. What a person had taken back for it
-- whole is opened anew; of parts that are booked as refunds there is a task.
create or replace function not_given_back_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  again deposits;
  shown record;
begin
  select * into d from deposits where id = p_deposit for update;
  select * into shown from shown_reversed_1(d.receipt, known_shortcode_1(d));
  update deposits set reversed_elsewhere_at = shown.first_at, reversed_elsewhere_cents = case when shown.cents is not null then least(amount_cents, shown.cents) end,
    reversal_receipt = shown.reversal where id = d.id;
  perform close_tasks_1(array['statement_reversed'], d.receipt, 'Another payment was given back.', p_now) where shown.cents is null;
  if parts_given_back_1(d.id) > coalesce(shown.cents, 0) then perform open_task_1('taken_back_short', d.id::text, p_now); end if;
  if d.taken_back_at is null then
    perform book_reversed_1(d.id, p_now);
  elsif shown.cents is null then
    again := d; again.id := new_id_1(); again.taken_back_at := null; again.allocated_at := null; again.allocation_due_at := p_now; again.held_until := null; again.settled_at := p_now;
    again.reversed_elsewhere_at := null; again.reversed_elsewhere_cents := null; again.reversal_receipt := null;
    update deposits set receipt = null, attempt_id = null, merged_into = again.id where id = d.id;
    perform open_after_all_1(again, p_now);
  end if;
end $$;
--> statement-breakpoint
-- Settles the next line of a signed statement that shows a customer's payment as given back in the portal: false when there is none left. The payment is proved and locked:
-- it cannot leave a second time. taken_back, locked: as recall_reversed_1. ours: we had asked for it. unknown: nobody has told us of the payment. other_shortcode: it came to
-- another one. Both are looked at again when it is heard of. unlinked: nobody has said which payment it was, and what left is booked all the same.
create or replace function settle_reversed_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
  l statement_lines;
  paid statement_lines;
  d deposits;
  r record;
  given_back text;
begin
  select * into s from statements where id = p_statement and state in ('signed', 'done') for update;
  if not found then return false; end if;
  select * into l from statement_lines x where x.statement_id = s.id and x.finding = 'reversed' and x.direction = 'out' and x.verdict is null order by x.n limit 1;
  if not found then -- what agrees without it says of another statement's line which payment it was
    select * into l from statement_lines x where x.statement_id = s.id and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is not null
      and exists (select from statement_lines y where y.receipt = x.receipt and y.verdict = 'unlinked') limit 1;
    if found then perform link_reversal_1(l.receipt, l.linked_receipt, p_now); end if;
    return found;
  end if;
  l.linked_receipt := coalesce(l.linked_receipt, known_link_1(l.receipt));
  given_back := coalesce(l.linked_receipt, l.receipt);

  -- the payment first, if this statement has it: nobody may allocate it in between
  select * into paid from statement_lines x
  where x.receipt = given_back and x.statement_id = s.id and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
  perform lock_group_1(coalesce(paid.amount_cents, (select o.amount_cents from deposits o where o.receipt = given_back), l.amount_cents));
  perform lock_receipt_1(l.receipt);
  if paid.n is not null then
    select * into r from settle_receipts_1('statement', jsonb_build_array(proof_of_line_1(s, paid)), p_now);
    if r.verdict is not null then update statement_lines x set verdict = r.verdict where x.statement_id = s.id and x.n = paid.n; end if;
  elsif l.linked_receipt is not null and exists (select from deposits o where o.receipt = given_back and o.confirmed_at is null and (o.shortcode = s.shortcode or o.receipt_proved_at is null) and o.taken_back_at is null) then
    -- what is given back whole has come, and came here
    perform settle_receipts_1('status', jsonb_agg(jsonb_build_object('receipt', o.receipt, 'amount', o.amount_cents, 'shortcode', s.shortcode, 'prompts', o.may_echo,
      'times', jsonb_build_array(o.moved_at))), p_now) from deposits o where o.receipt = given_back and o.amount_cents = l.amount_cents;
  end if;
  perform lock_receipt_1(given_back);
  perform from payments where id = (select o.payment_id from deposits o where o.receipt = given_back) for update;
  select * into d from deposits o where o.receipt = given_back for update;

  if l.linked_receipt is null and d.receipt_proved_at is null then
    return settle_unlinked_1(s, l, p_now);
  end if;
  perform link_reversal_1(l.receipt, given_back, p_now);
  if unended_reversal_1(d.id) is not null and coalesce(known_shortcode_1(d) = s.shortcode, true) then
    update withdrawals w set query_due_at = p_now where w.id = unended_reversal_1(d.id);
    update statement_lines x set finding = 'unresolved', movement_id = unended_reversal_1(d.id) where x.statement_id = s.id and x.n = l.n;
    return true;
  end if;
  update statement_lines x set movement_id = d.id, verdict = case
      when d.id is null then 'unknown'
      when known_shortcode_1(d) <> s.shortcode then 'other_shortcode'
      when exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = d.id::text and w.state = 'paid') then 'ours'
      else 'locked' end
  where x.statement_id = s.id and x.n = l.n returning * into l;
  if l.verdict = 'ours' then update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n; end if;
  if l.verdict = 'locked' then perform recall_reversed_1(given_back, p_now); end if;
  return true;
end $$;
--> statement-breakpoint
-- Ends the lines that may be payouts of ours, when Safaricom has said how those ended: one that was not paid, or by another receipt, did not take this money. While it says nothing
-- there is a task.
create or replace function settle_unresolved_1(p_now timestamptz) returns int language plpgsql as $$
declare
  l record;
  ended int := 0;
begin
  for l in
    select x.statement_id, x.n, x.receipt, x.linked_receipt, x.kind, x.movement_id, s.decided_at from statement_lines x join statements s on s.id = x.statement_id
    where x.finding = 'unresolved' and x.verdict is null and s.state in ('signed', 'done') order by x.statement_id, x.n limit 500
  loop
    if exists (select from withdrawals w where w.id = l.movement_id and w.state in ('reserved', 'dispatched', 'unknown') and w.result_code is distinct from 'R000001') then
      if l.decided_at < p_now - interval '15 minutes' and not exists (select from reviews r where r.kind = 'payout_on_statement' and r.subject = l.movement_id::text) then
        perform open_task_1('payout_on_statement', l.movement_id::text, p_now);
      end if;
      continue;
    end if;
    perform close_tasks_1(array['payout_on_statement'], l.movement_id::text, 'Safaricom has said how it ended.', p_now);
    ended := ended + 1;
    if exists (select from withdrawals w where w.id = l.movement_id and w.state = 'paid'
      and case l.kind when 'reversal' then l.linked_receipt is not null or w.receipt = l.receipt else coalesce(w.receipt, l.receipt) = l.receipt end) then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and l.kind <> 'reversal'
        and not exists (select from withdrawals o where o.receipt = l.receipt) and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = 'agrees' where x.statement_id = l.statement_id and x.n = l.n;
    elsif l.kind = 'reversal' then
      update statement_lines x set finding = 'reversed', movement_id = null where x.statement_id = l.statement_id and x.n = l.n;
      perform settle_reversed_1(l.statement_id, p_now);
      perform open_line_tasks_1('statement_reversed', l.statement_id,
        array(select coalesce(x.linked_receipt, x.receipt) from statement_lines x where x.statement_id = l.statement_id and x.n = l.n and x.finding = 'reversed' and x.verdict not in ('taken_back', 'unlinked')), p_now);
      perform tell_unlinked_1(l.statement_id, p_now);
    else
      update statement_lines x set verdict = 'money_out' where x.statement_id = l.statement_id and x.n = l.n;
      perform open_line_tasks_1('statement_money_out', l.statement_id, array[l.receipt], p_now);
    end if;
  end loop;
  return ended;
end $$;
--> statement-breakpoint
drop function is_shown_1(text, timestamptz, timestamptz);
--> statement-breakpoint
select recall_reversed_1(r, now()) from (select distinct coalesce(linked_receipt, receipt) as r from statement_lines where verdict = 'other_shortcode') x;
--> statement-breakpoint
update float_watches w set opening_cents = w.opening_cents + x.cents from (
  select v.shortcode, sum(stood_at_1(t.source_id::uuid, v.opened_at) * case when t.credit_account in ('paybill_float:' || v.shortcode, 'paybill_told:' || v.shortcode) then 1 else -1 end) as cents
  from float_watches v join transfers t on t.kind = 'gathered' and t.booked_at > v.opened_at and 'paybill_float' not in (t.debit_account, t.credit_account)
    and array['paybill_float:' || v.shortcode, 'paybill_told:' || v.shortcode] && array[t.debit_account, t.credit_account]
  group by v.shortcode) x
where x.shortcode = w.shortcode and x.cents <> 0
