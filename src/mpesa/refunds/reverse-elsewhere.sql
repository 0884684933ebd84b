-- What people have booked of what signed statements show as given back of a deposit in parts (give-back-parts.ts). What was paid by hand has its
-- own receipt, or is the rest of what has it.
create function parts_given_back_1(p_deposit uuid) returns bigint language sql stable as $$
  select coalesce(sum(w.amount_cents), 0)::bigint from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject = p_deposit::text and o.portal_receipt is not null and w.receipt is null
    and not exists (select from withdrawals by_hand where by_hand.receipt = o.portal_receipt and by_hand.dispatched_at is null)
$$;
--> statement-breakpoint

-- Whether the receipt of this money, and with it what was given back of it in the portal, may turn out to be somebody else's: nothing but a guess ties it to its prompt, or words do
-- that whoever pays by hand may use, and no signed statements list all that came while the prompt could be paid, or another receipt fits it too.
create function may_change_receipt_1(d deposits) returns boolean language sql stable as $$
  select is_guess_1(d) or d.tied_by <> 'callback' and exists (select from attempts a where a.id = d.attempt_id
    and (not coalesce((select range_agg(tstzrange(s.covers_from, s.covers_to, '[]')) @> tstzrange(a.created_at, echo_until_1(a)) from statements s
        where s.shortcode = d.shortcode and s.state = 'done' and s.refutes and s.covers_from <= s.covers_to), false)
      or exists (select from deposits o where o.id <> d.id and o.merged_into is null and o.receipt is not null and o.tied_by is distinct from 'callback' and o.amount_cents = d.amount_cents
        and o.shortcode is not distinct from d.shortcode and may_fit_1(a, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail))))
$$;
--> statement-breakpoint

-- Whether a reversal whose line does not say which payment it gave back may have given back this deposit's money, or a part of it: it came before, and that much of it is left.
create function may_give_back_1(l statement_lines, d deposits) returns boolean language sql stable as $$
  select d.merged_into is null and l.amount_cents <= d.amount_cents - coalesce(d.reversed_elsewhere_cents, 0)
    and coalesce((sure_times_1(d))[1] - interval '60 seconds' <= l.completed_at, receipt_day_1(d.receipt) <= (l.completed_at at time zone 'Africa/Nairobi')::date,
      (select a.created_at from attempts a where a.id = d.attempt_id) <= l.completed_at, true)
$$;
--> statement-breakpoint

-- The receipt of the first such reversal of signed statements, while nobody has said which payment it gave back. Null where there is none.
create function unlinked_reversal_1(d deposits) returns text language sql stable as $$
  select l.receipt from statements s join statement_lines l on l.statement_id = s.id
  where l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' and s.shortcode = coalesce(known_shortcode_1(d), s.shortcode) and may_give_back_1(l, d)
  order by l.completed_at, l.receipt limit 1
$$;
--> statement-breakpoint

-- Whether this money was given back already, so that it does not leave: `portal` (a signed statement shows it, and not all parts of it are booked), `perhaps` (a signed statement shows a reversal that may be
-- this one's: its line does not say of which payment, or nothing has proved a receipt of its prompt's own, and the receipt that was given back is told for something else, or not at all). Ask under its lock.
create function given_back_1(d deposits) returns text language sql stable as $$
  select case
    when d.reversed_elsewhere_at is not null and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_1(d.id) then 'portal'
    when d.attempt_id is not null and d.receipt_proved_at is null and (exists (select from deposits o
        where o.echo_of = d.attempt_id and o.amount_cents = d.amount_cents and o.id <> d.id and o.merged_into is null and o.reversed_elsewhere_at is not null)
      or exists (select from attempts a, statement_lines l join statements s on s.id = l.statement_id
        where a.id = d.attempt_id and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unknown' and s.shortcode = d.shortcode
          and l.amount_cents <= d.amount_cents and l.completed_at >= a.created_at and may_fit_1(a, '{}', coalesce(l.linked_receipt, l.receipt), null, null))) then 'perhaps'
    when unlinked_reversal_1(d) is not null then 'perhaps' end
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

-- What settled lines of signed statements show as given back in the portal of a receipt in all (given_back_lines_1).
create function shown_reversed_1(p_receipt text, p_shortcode text, out cents bigint, out first_at timestamptz, out reversal text) language sql stable as $$
  select sum(l.cents)::bigint, min(l.left_at), (array_agg(l.receipt order by l.left_at))[1] from given_back_lines_1(p_receipt, p_shortcode) l
$$;
--> statement-breakpoint

-- What a reversal took that nobody can say the payment of has left the float all the same, once, however many statements show it: whoever got it owes it until its payment is
-- known. Then it is booked back here, and booked for that payment. Ask under the lock of its receipt.
create function book_unlinked_1(p_reversal text, p_now timestamptz) returns void language plpgsql as $$
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
  perform book_by_code_1('reversed_elsewhere', p_reversal, coalesce(booked.leg, 0) + 1,
    case when left_cents > 0 then 'receivables' else booked.float end, case when left_cents > 0 then booked.float else 'receivables' end, abs(left_cents), p_now);
end $$;
--> statement-breakpoint

-- Tasks for the reversals of a statement whose payment nobody knows, each told once, or one for the statement where there are many.
create function tell_unlinked_1(p_statement uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
  how constant text := 'Export the full statement of that time from the portal (the layout with "Linked Transaction ID"), import it and have it signed. Or say which payment it was: '
    || 'POST /api/float-entries with "kind": "paid_out", this receipt and the "depositId", and have a second person approve it. Until then nothing leaves that it may have given back.';
begin
  if (select count(*) > 20 from statement_lines x where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked') then
    perform open_worded_task_1('statement_reversed', p_statement::text, 'Payments were given back in the portal, and this statement does not say which: it has no "Linked Transaction ID". '
      || '?finding=reversed of GET /api/statements/<id> lists them. ' || how, p_now);
    return;
  end if;
  for l in
    select x.receipt, x.amount_cents, x.completed_at, s.shortcode from statement_lines x join statements s on s.id = x.statement_id
    where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked' and not exists (select from reviews r where r.kind = 'statement_reversed' and r.subject = x.receipt) order by x.n
  loop
    perform open_worded_task_1('statement_reversed', l.receipt, format('By this reversal KES %s left %s on %s, and the statement does not say which payment it gave back: it has no "Linked Transaction ID". ',
      trim(to_char(l.amount_cents / 100.0, 'FM999,999,999,990.00')), l.shortcode, to_char(l.completed_at at time zone 'Africa/Nairobi', 'DD-MM-YYYY HH24:MI')) || how, p_now);
  end loop;
end $$;
--> statement-breakpoint

-- It is known which payment a reversal gave back whose lines did not say it: by a line of another signed statement, by Safaricom's answer to a reversal of ours, or by two people.
-- Its lines say so from now on, and what was booked while nobody knew is booked for that payment. What statements and answers say goes before what people have said.
create function link_reversal_1(p_reversal text, p_receipt text, p_now timestamptz) returns void language plpgsql as $$
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

-- The payment that a reversal gave back, as signed statements, two people or Safaricom's answer to a reversal of ours have said. Null where nobody has.
create function known_link_1(p_reversal text) returns text language sql stable as $$
  select coalesce(
    (select x.linked_receipt from statement_lines x join statements s on s.id = x.statement_id
      where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is not null and s.state in ('signed', 'done') limit 1),
    (select coalesce(o.receipt, d.receipt) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
      where w.receipt = p_reversal and w.state = 'paid'))
$$;
--> statement-breakpoint

-- The reversal of ours that a line without a link may be: of its amount and short code, sent before, and nobody has told its end.
create function unended_like_1(l statement_lines, p_shortcode text) returns uuid language sql stable as $$
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
create function recall_reversed_1(p_receipt text, p_now timestamptz) returns text language plpgsql as $$
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
create function not_given_back_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
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

-- An earlier release left what statements show of a receipt on the deposit that had lost it, beside the one that has it now. It is taken off there, and booked back; what a
-- person had taken back for it is opened anew. The lines of the statements say whose it is. Safe to repeat.
create function mend_copied_reversals_1(p_now timestamptz) returns int language plpgsql as $$
declare
  d deposits;
  mended int := 0;
begin
  for d in
    select c.* from deposits c join deposits o on o.reversal_receipt = c.reversal_receipt and o.id <> c.id and o.merged_into is null
      join statement_lines l on l.receipt = c.reversal_receipt and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = o.receipt
    where c.merged_into is null and c.reversed_elsewhere_at is not null and o.reversed_elsewhere_at is not null order by c.id
  loop
    continue when exists (select from deposits x where x.id = d.id and x.reversed_elsewhere_at is null);
    mended := mended + 1;
    perform not_given_back_1(d.id, p_now);
  end loop;
  return mended;
end $$;
--> statement-breakpoint

-- Settles a line that shows a payment as given back and does not say which: it may be a reversal of ours whose end nobody has told, which is asked for.
create function settle_unlinked_1(s statements, l statement_lines, p_now timestamptz) returns boolean language plpgsql as $$
declare
  own uuid := unended_like_1(l, s.shortcode);
begin
  update withdrawals w set query_due_at = p_now where w.id = own;
  update statement_lines x set finding = case when own is null then 'reversed' else 'unresolved' end, movement_id = own, verdict = case when own is null then 'unlinked' end
  where x.statement_id = s.id and x.n = l.n;
  perform book_unlinked_1(l.receipt, p_now);
  return true;
end $$;
--> statement-breakpoint

-- Settles the next line of a signed statement that shows a customer's payment as given back in the portal: false when there is none left. The payment is proved and locked:
-- it cannot leave a second time. taken_back, locked: as recall_reversed_1. ours: we had asked for it. unknown: nobody has told us of the payment. other_shortcode: it came to
-- another one. Both are looked at again when it is heard of. unlinked: nobody has said which payment it was, and what left is booked all the same.
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
create function settle_unresolved_1(p_now timestamptz) returns int language plpgsql as $$
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
