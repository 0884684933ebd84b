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
        from given_back_lines_1(d.receipt, d.shortcode) l) gone
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

