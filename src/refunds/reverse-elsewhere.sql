-- What people have booked of what signed statements show as given back of a deposit in parts (give-back-parts.ts). What was paid by hand has its
-- own receipt, or is the rest of what has it.
create function parts_given_back_1(p_deposit uuid) returns bigint language sql stable as $$
  select coalesce(sum(w.amount_cents), 0)::bigint from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject = p_deposit::text and o.portal_receipt is not null and w.receipt is null
    and not exists (select from withdrawals by_hand where by_hand.receipt = o.portal_receipt and by_hand.dispatched_at is null)
$$;
--> statement-breakpoint

-- Whether this money was given back already, so that it does not leave: `portal` (a signed statement shows it, and not all parts of it are booked), `perhaps` (a signed statement shows a receipt as given back
-- that may be this one's: nothing has proved a receipt of its prompt's own, and the other is told for something else, or not at all). Ask under its lock.
create function given_back_1(d deposits) returns text language sql stable as $$
  select case
    when d.reversed_elsewhere_at is not null and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_1(d.id) then 'portal'
    when d.attempt_id is not null and d.receipt_proved_at is null and (exists (select from deposits o
        where o.echo_of = d.attempt_id and o.amount_cents = d.amount_cents and o.id <> d.id and o.merged_into is null and o.reversed_elsewhere_at is not null)
      or exists (select from attempts a, statement_lines l join statements s on s.id = l.statement_id
        where a.id = d.attempt_id and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unknown' and s.shortcode = d.shortcode
          and l.amount_cents <= d.amount_cents and l.completed_at >= a.created_at and may_fit_1(a, '{}', coalesce(l.linked_receipt, l.receipt), null, null))) then 'perhaps' end
$$;
--> statement-breakpoint

-- Books what signed statements show as given back by somebody in the portal of the receipt that a deposit has, as far as it is not booked: it has left the float, and whoever
-- it was given back to owes it until it is taken back where it stands. It is booked back where the deposit has that receipt no more, or its money is only told. What nobody has
-- allocated yet pays for nothing: it is taken back at once. Ask under the deposit's lock.
create function book_reversed_1(p_deposit uuid, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  float text;
  booked bigint;
  left_cents bigint;
begin
  select * into d from deposits where id = p_deposit;
  if d.taken_back_at is not null then return 'taken_back'; end if;
  select coalesce(sum(case when t.credit_account like 'paybill_float%' then t.amount_cents else -t.amount_cents end), 0) into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = d.id::text;
  if booked = 0 and d.reversed_elsewhere_at is null then return null; end if;
  float := case when d.shortcode is null then 'paybill_float' else own_account_1('paybill_float', d.shortcode) end;
  -- in doubt whose it is, it is not in the float
  left_cents := case when d.confirmed_at is null or d.merged_into is not null then 0 else coalesce(d.reversed_elsewhere_cents, 0) end - booked;
  if left_cents < 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), float, 'receivables', -left_cents, p_now); end if;
  if d.confirmed_at is not null and d.merged_into is null and d.allocated_at is null and d.reversed_elsewhere_cents = d.amount_cents then
    if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'clearing', float, left_cents, p_now); end if;
    if booked > 0 then perform book_1('taken_back', d.id, next_leg_1('taken_back', d.id), 'clearing', 'receivables', booked, p_now); end if;
    perform close_tasks_1(array['statement_reversed'], d.receipt, 'It pays for nothing any more: taken back.', p_now);
    update deposits set taken_back_at = p_now, allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    update payments set status = 'reversed', failure_code = 'reversed_elsewhere' where id = d.payment_id and counted_deposit_id = d.id and status = 'paid';
    if found then perform record_1('payment_reversed', d.payment_id, 'paid', 'reversed', p_now); end if;
    return 'taken_back';
  end if;
  if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'receivables', float, left_cents, p_now); end if;
  return 'locked';
end $$;
--> statement-breakpoint

-- A deposit has got a receipt of which signed statements show that it was given back in the portal: what they show goes with the receipt.
create function given_back_by_1(p_deposit uuid, p_given deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set reversed_elsewhere_at = p_given.reversed_elsewhere_at, reversal_receipt = p_given.reversal_receipt,
    reversed_elsewhere_cents = least(amount_cents, p_given.reversed_elsewhere_cents)
  where id = p_deposit;
  perform book_reversed_1(p_deposit, p_now);
end $$;
--> statement-breakpoint

-- What settled lines of signed statements show as given back in the portal of a receipt that came to this short code (null: to whichever of ours). The same line stands in
-- overlapping statements.
create function shown_reversed_1(p_receipt text, p_shortcode text, out cents bigint, out first_at timestamptz, out reversal text) language sql stable as $$
  select sum(o.amount_cents)::bigint, min(o.completed_at), (array_agg(o.receipt order by o.completed_at))[1] from (
    select distinct x.completed_at, x.amount_cents, x.receipt from statement_lines x join statements s on s.id = x.statement_id
    where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict is not null
      and s.shortcode = coalesce(p_shortcode, s.shortcode)) o
$$;
--> statement-breakpoint

-- A receipt was heard of, has another amount or short code, or is another movement's now: what signed statements show as given back of it in the portal goes with it, whichever
-- was told first. Ask under the receipt's lock. taken_back: it had paid for nothing. locked: a person takes it back (take-back.sql). Null where there is nothing.
create function recall_reversed_1(p_receipt text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  shown record;
  says text;
  was_unheard boolean; -- when its line was settled
begin
  if not exists (select from statement_lines x where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out') then return null; end if;
  select * into d from deposits o where o.receipt = p_receipt for update;
  select * into shown from shown_reversed_1(p_receipt, d.shortcode);
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
      and s.shortcode = coalesce(d.shortcode, s.shortcode) and y.verdict is not null and (y.verdict, y.movement_id) is distinct from (says, d.id)
    returning y.verdict
  ) select bool_or(verdict in ('unknown', 'other_shortcode')) into was_unheard from told;
  if was_unheard and says = 'locked' then perform open_task_1('statement_reversed', p_receipt, p_now); end if;
  return says;
end $$;
--> statement-breakpoint

-- An earlier release left what statements show of a receipt on the deposit that had lost it, beside the one that has it now. It is taken off there, and booked back; what a
-- person had taken back for it is opened anew. The lines of the statements say whose it is. Safe to repeat.
create function mend_copied_reversals_1(p_now timestamptz) returns int language plpgsql as $$
declare
  d deposits;
  again deposits;
  mended int := 0;
begin
  for d in
    select c.* from deposits c join deposits o on o.reversal_receipt = c.reversal_receipt and o.id <> c.id and o.merged_into is null
      join statement_lines l on l.receipt = c.reversal_receipt and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = o.receipt
    where c.merged_into is null and c.reversed_elsewhere_at is not null and o.reversed_elsewhere_at is not null order by c.id
  loop
    continue when exists (select from deposits x where x.id = d.id and x.reversed_elsewhere_at is null);
    mended := mended + 1;
    update deposits set reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null where id = d.id;
    if d.taken_back_at is null then
      perform book_reversed_1(d.id, p_now);
    else
      again := d; again.id := new_id_1(); again.taken_back_at := null; again.allocated_at := null; again.allocation_due_at := p_now; again.held_until := null; again.settled_at := p_now;
      again.reversed_elsewhere_at := null; again.reversed_elsewhere_cents := null; again.reversal_receipt := null;
      update deposits set receipt = null, attempt_id = null, merged_into = again.id where id = d.id;
      perform open_after_all_1(again, p_now);
    end if;
  end loop;
  return mended;
end $$;
--> statement-breakpoint

-- Settles the next line of a signed statement that shows a customer's payment as given back in the portal: false when there is none left. The payment is proved and locked:
-- it cannot leave a second time. taken_back, locked: as recall_reversed_1. ours: we had asked for it. unknown: nobody has told us of the payment. other_shortcode: it came to
-- another one. Both are looked at again when it is heard of.
create function settle_reversed_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
  if not found then return false; end if;
  given_back := coalesce(l.linked_receipt, l.receipt);

  -- the payment first, if this statement has it: nobody may allocate it in between
  select * into paid from statement_lines x
  where x.receipt = given_back and x.statement_id = s.id and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
  perform lock_group_1(coalesce(paid.amount_cents, (select o.amount_cents from deposits o where o.receipt = given_back), l.amount_cents));
  if paid.n is not null then
    select * into r from settle_receipts_1('statement', jsonb_build_array(proof_of_line_1(s, paid)), p_now);
    if r.verdict is not null then update statement_lines x set verdict = r.verdict where x.statement_id = s.id and x.n = paid.n; end if;
  elsif exists (select from deposits o where o.receipt = given_back and o.confirmed_at is null and (o.shortcode = s.shortcode or o.receipt_proved_at is null) and o.taken_back_at is null) then
    -- what is given back whole has come, and came here
    perform settle_receipts_1('status', jsonb_agg(jsonb_build_object('receipt', o.receipt, 'amount', o.amount_cents, 'shortcode', s.shortcode, 'prompts', o.may_echo,
      'times', jsonb_build_array(o.moved_at))), p_now) from deposits o where o.receipt = given_back and o.amount_cents = l.amount_cents;
  end if;
  perform lock_receipt_1(given_back);
  perform from payments where id = (select o.payment_id from deposits o where o.receipt = given_back) for update;
  select * into d from deposits o where o.receipt = given_back for update;

  if unended_reversal_1(d.id) is not null and coalesce(d.shortcode = s.shortcode, true) then
    update withdrawals w set query_due_at = p_now where w.id = unended_reversal_1(d.id);
    update statement_lines x set finding = 'unresolved', movement_id = unended_reversal_1(d.id) where x.statement_id = s.id and x.n = l.n;
    return true;
  end if;
  update statement_lines x set movement_id = d.id, verdict = case
      when d.id is null then 'unknown'
      when d.shortcode <> s.shortcode then 'other_shortcode'
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
create function settle_unresolved_1(p_now timestamptz) returns int language plpgsql as $$
declare
  l record;
  ended int := 0;
begin
  for l in
    select x.statement_id, x.n, x.receipt, x.kind, x.movement_id, s.decided_at from statement_lines x join statements s on s.id = x.statement_id
    where x.finding = 'unresolved' and x.verdict is null and s.state in ('signed', 'done') order by x.statement_id, x.n limit 500
  loop
    if exists (select from withdrawals w where w.id = l.movement_id and w.state in ('reserved', 'dispatched', 'unknown')) then
      if l.decided_at < p_now - interval '15 minutes' and not exists (select from reviews r where r.kind = 'payout_on_statement' and r.subject = l.movement_id::text) then
        perform open_task_1('payout_on_statement', l.movement_id::text, p_now);
      end if;
      continue;
    end if;
    perform close_tasks_1(array['payout_on_statement'], l.movement_id::text, 'Safaricom has said how it ended.', p_now);
    ended := ended + 1;
    if exists (select from withdrawals w where w.id = l.movement_id and w.state = 'paid' and (l.kind = 'reversal' or coalesce(w.receipt, l.receipt) = l.receipt)) then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and l.kind <> 'reversal'
        and not exists (select from withdrawals o where o.receipt = l.receipt) and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = 'agrees' where x.statement_id = l.statement_id and x.n = l.n;
    elsif l.kind = 'reversal' then
      update statement_lines x set finding = 'reversed', movement_id = null where x.statement_id = l.statement_id and x.n = l.n;
      perform settle_reversed_1(l.statement_id, p_now);
      perform open_line_tasks_1('statement_reversed', l.statement_id,
        array(select coalesce(x.linked_receipt, x.receipt) from statement_lines x where x.statement_id = l.statement_id and x.n = l.n and x.finding = 'reversed' and x.verdict <> 'taken_back'), p_now);
    else
      update statement_lines x set verdict = 'money_out' where x.statement_id = l.statement_id and x.n = l.n;
      perform open_line_tasks_1('statement_money_out', l.statement_id, array[l.receipt], p_now);
    end if;
  end loop;
  return ended;
end $$;
