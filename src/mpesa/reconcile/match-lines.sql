-- Compares the next lines of a statement with our books, oldest first: each line gets one finding. test/statements/match-statement.ts has the same
-- rule in a slow and plain form.
create function match_lines_2(p_statement uuid, p_limit int) returns int language plpgsql as $$
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

  -- which payment a reversal undid, where only another signed statement says it
  update statement_lines x set linked_receipt = known_link_2(x.receipt)
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
      coalesce(d.amount_cents, left_under_2(w)) as amount_cents, ours.amount_cents as own_cents,
      ours.amount_cents is not null or u.taken_back_at is not null and u.reversed_elsewhere_at is not null as given_back,
      unended_reversal_2(u.id) as giving_back,
      -- the balance goes through a part that is reversed by hand as often as it is listed; a payment, a payout and a reversal of ours move once
      y.ordinal > 1 and not (y.kind = 'reversal' and y.direction = 'out' and w.id is null and ours.amount_cents is null) as repeats
    from statement_lines y
      left join deposits d on y.direction = 'in' and d.receipt = y.receipt and d.merged_into is null
        and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      left join withdrawals w on y.direction = 'out' and w.receipt = y.receipt and w.state = 'paid'
      -- what a reversal has undone
      left join deposits u on y.kind = 'reversal' and y.direction = 'out' and u.receipt = coalesce(y.linked_receipt, y.receipt) and u.merged_into is null
      left join withdrawals v on y.kind = 'reversal' and y.direction = 'in' and v.receipt = coalesce(y.linked_receipt, y.receipt)
      left join lateral (select b.amount_cents from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject_id = u.id and b.state = 'paid' limit 1) ours on true
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

-- Ends the comparison of a statement: records which of our movements it lacks, as far as it can say, and opens the task for a second person. False while
-- lines are left to compare.
create function end_matching_2(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
    from withdrawals w join payouts p on p.id = w.payout_id left join deposits d on d.id = case when p.kind = 'reversal' then p.subject_id end
    where case when is_by_list_1(d) then false else coalesce(d.shortcode = s.shortcode, s.pays_out) end and w.state = 'paid' and w.dispatched_at >= s.covers_from and coalesce(w.moved_at, w.settled_at) between s.covers_from and s.covers_to
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.movement_id = w.id)
      -- reversed: its line may bear the receipt of the payment
      and not exists (select from statement_lines l where l.statement_id = s.id and l.kind = 'reversal' and l.movement_id = d.id)
    on conflict do nothing;
  end if;
  update statements set state = 'matched', done = 0 where id = s.id;
  perform open_task_1('statement_unsigned', s.id::text, p_now);
  return true;
end $$;
