-- Settles the next line of a signed statement that shows a customer's payment as reversed in the portal; false when none is left. The payment is proved and
-- locked, so that it cannot leave a second time. taken_back, locked: as in recall_reversed_2. ours: we had requested it. unknown: nobody has reported the payment.
-- other_shortcode: it came to another short code of ours. These two are looked at again when more is heard of the payment. unlinked: nobody has said which payment
-- it was; what left is booked all the same.
create function settle_reversed_2(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
    if found then perform link_reversal_2(l.receipt, l.linked_receipt, p_now); end if;
    return found;
  end if;
  l.linked_receipt := coalesce(l.linked_receipt, known_link_2(l.receipt));
  given_back := coalesce(l.linked_receipt, l.receipt);

  -- the payment first, if this statement has it: nobody may allocate it in between
  select * into paid from statement_lines x
  where x.receipt = given_back and x.statement_id = s.id and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
  perform lock_group_1(coalesce(paid.amount_cents, (select o.amount_cents from deposits o where o.receipt = given_back), l.amount_cents));
  perform lock_receipt_1(l.receipt);
  if paid.n is not null then
    select * into r from settle_receipts_2('statement', jsonb_build_array(proof_of_line_1(s, paid)), p_now);
    if r.verdict is not null then update statement_lines x set verdict = r.verdict where x.statement_id = s.id and x.n = paid.n; end if;
  elsif l.linked_receipt is not null and exists (select from deposits o where o.receipt = given_back and o.confirmed_at is null and (o.shortcode = s.shortcode or o.receipt_proved_at is null) and o.taken_back_at is null) then
    -- what is reversed whole has come, and came here
    perform settle_receipts_2('status', jsonb_agg(jsonb_build_object('receipt', o.receipt, 'amount', o.amount_cents, 'shortcode', s.shortcode, 'prompts', o.may_echo,
      'times', jsonb_build_array(o.moved_at))), p_now) from deposits o where o.receipt = given_back and o.amount_cents = l.amount_cents;
  end if;
  perform lock_receipt_1(given_back);
  perform from payments where id = (select o.payment_id from deposits o where o.receipt = given_back) for update;
  select * into d from deposits o where o.receipt = given_back for update;

  if l.linked_receipt is null and d.receipt_proved_at is null then
    return settle_unlinked_2(s, l, p_now);
  end if;
  perform link_reversal_2(l.receipt, given_back, p_now);
  if unended_reversal_2(d.id) is not null and coalesce(known_shortcode_1(d) = s.shortcode, true) then
    perform ask_end_1(unended_reversal_2(d.id), p_now);
    update statement_lines x set finding = 'unresolved', movement_id = unended_reversal_2(d.id) where x.statement_id = s.id and x.n = l.n;
    return true;
  end if;
  update statement_lines x set movement_id = d.id, verdict = case
      when d.id is null then 'unknown'
      when known_shortcode_1(d) <> s.shortcode then 'other_shortcode'
      when exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = d.id and w.state = 'paid') then 'ours'
      else 'locked' end
  where x.statement_id = s.id and x.n = l.n returning * into l;
  if l.verdict = 'ours' then update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n; end if;
  if l.verdict = 'locked' then perform recall_reversed_2(given_back, p_now); end if;
  return true;
end $$;
--> statement-breakpoint

-- Settles a line that shows a reversal without naming its payment. It may be a reversal of ours that has no result yet: then the status of that one is asked.
create function settle_unlinked_2(s statements, l statement_lines, p_now timestamptz) returns boolean language plpgsql as $$
declare
  own uuid := unended_like_2(l, s.shortcode);
begin
  perform ask_end_1(own, p_now);
  update statement_lines x set finding = case when own is null then 'reversed' else 'unresolved' end, movement_id = own, verdict = case when own is null then 'unlinked' end
  where x.statement_id = s.id and x.n = l.n;
  perform book_unlinked_2(l.receipt, p_now);
  return true;
end $$;
--> statement-breakpoint

-- The reversal of ours that a line without a payment may show: it has the same amount and short code, was sent before, and has no result.
create function unended_like_2(l statement_lines, p_shortcode text) returns uuid language sql stable as $$
  select w.id from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
  where w.state in ('dispatched', 'unknown') and w.result_code is distinct from 'R000001' and w.receipt is null and w.amount_cents = l.amount_cents and coalesce(known_shortcode_1(d), p_shortcode) = p_shortcode
    and w.dispatched_at - interval '60 seconds' <= l.completed_at
    and not exists (select from statement_lines x where x.statement_id = l.statement_id and x.movement_id = w.id and x.finding = 'unresolved' and x.n <> l.n)
  order by w.dispatched_at, w.id limit 1
$$;
--> statement-breakpoint

-- Opens tasks for the reversals of a statement whose payments nobody knows: one for each, once, or a single one for the statement if there are many. `p_again`: one whose payment
-- was known and is unknown again.
create function tell_unlinked_3(p_statement uuid, p_again text, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
  how constant text := 'Export the full statement of that time from the portal (the layout with "Linked Transaction ID"), import it and have it signed. Or say which payment it was: '
    || 'POST /api/float-entries with "kind": "paid_out", this receipt and the "depositId", and have a second person approve it. Until then no money leaves that it may have reversed.';
begin
  if (select count(*) > 20 from statement_lines x where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked') then
    perform open_worded_task_1('statement_reversed', p_statement::text, 'Payments were reversed in the portal, and this statement does not say which: it has no "Linked Transaction ID". '
      || '?finding=reversed of GET /api/statements/<id> lists them. ' || how, p_now);
    return;
  end if;
  for l in
    select x.receipt, x.amount_cents, x.completed_at, s.shortcode from statement_lines x join statements s on s.id = x.statement_id
    where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked' and (x.receipt = p_again or not was_asked_1('statement_reversed', x.receipt)) order by x.n
  loop
    perform open_worded_task_1('statement_reversed', l.receipt, format('By this reversal KES %s left %s on %s, and the statement does not say which payment it reversed: it has no "Linked Transaction ID". ',
      trim(to_char(l.amount_cents / 100.0, 'FM999,999,999,990.00')), l.shortcode, to_char(l.completed_at at time zone 'Africa/Nairobi', 'DD-MM-YYYY HH24:MI')) || how, p_now);
  end loop;
end $$;
