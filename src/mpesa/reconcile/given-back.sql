-- Whether this money was reversed already, so that it must not leave again. `portal`: a signed statement shows it, and not all parts of it are booked. `perhaps`: a signed
-- statement shows a reversal that may have taken this money. Either the line does not name the payment; or the deposit is a prompt's without a proved receipt, and the reversed
-- receipt was reported for something else, or not at all. Call it under the deposit's lock.
create function given_back_2(d deposits) returns text language sql stable as $$
  select case
    when d.reversed_elsewhere_at is not null and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_2(d.id) then 'portal'
    when d.attempt_id is not null and d.receipt_proved_at is null and (exists (select from deposits o
        where o.echo_of = d.attempt_id and o.amount_cents = d.amount_cents and o.id <> d.id and o.merged_into is null and o.reversed_elsewhere_at is not null)
      or exists (select from attempts a, statement_lines l join statements s on s.id = l.statement_id
        where a.id = d.attempt_id and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unknown' and s.shortcode = d.shortcode
          and l.amount_cents <= d.amount_cents and l.completed_at >= a.created_at and may_fit_1(a, '{}', coalesce(l.linked_receipt, l.receipt), null, null))) then 'perhaps'
    when unlinked_reversal_1(d) is not null then 'perhaps' end
$$;
--> statement-breakpoint

-- The receipt of the first reversal in signed statements that may have taken this money and whose payment nobody has named. Null where there is none.
create function unlinked_reversal_1(d deposits) returns text language sql stable as $$
  select l.receipt from statements s join statement_lines l on l.statement_id = s.id
  where l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' and s.shortcode = coalesce(known_shortcode_1(d), s.shortcode) and may_give_back_1(l, d)
  order by l.completed_at, l.receipt limit 1
$$;
--> statement-breakpoint

-- Whether a reversal whose line does not name its payment may have taken money of this deposit: the deposit came before it, and that much of it is left.
create function may_give_back_1(l statement_lines, d deposits) returns boolean language sql stable as $$
  select d.merged_into is null and l.amount_cents <= d.amount_cents - coalesce(d.reversed_elsewhere_cents, 0)
    and coalesce((sure_times_1(d))[1] - interval '60 seconds' <= l.completed_at, receipt_day_1(d.receipt) <= (l.completed_at at time zone 'Africa/Nairobi')::date,
      (select a.created_at from attempts a where a.id = d.attempt_id) <= l.completed_at, true)
$$;
--> statement-breakpoint

-- Whether the receipt of this money may turn out to be another deposit's, and with it what was reversed in the portal. It may if the receipt is tied to its prompt by a guess.
-- It also may if it is tied by anything but a callback (whoever pays by hand can use the same reference), unless signed statements list all that came while the prompt could be
-- paid, and no other receipt fits the prompt.
create function may_change_receipt_1(d deposits) returns boolean language sql stable as $$
  select is_guess_1(d) or d.tied_by <> 'callback' and exists (select from attempts a where a.id = d.attempt_id
    and (not coalesce((select range_agg(tstzrange(s.covers_from, s.covers_to, '[]')) @> tstzrange(a.created_at, echo_until_1(a)) from statements s
        where s.shortcode = d.shortcode and s.state = 'done' and s.refutes and s.covers_from <= s.covers_to), false)
      or exists (select from deposits o where o.id <> d.id and o.merged_into is null and o.receipt is not null and o.tied_by is distinct from 'callback' and o.amount_cents = d.amount_cents
        and o.shortcode is not distinct from d.shortcode and may_fit_1(a, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail))))
$$;
--> statement-breakpoint

-- Whether signed lines show a payment as reversed in the portal, and that is booked: under the receipt `p_reversal`, or under one that was linked to the payment
-- by more than the word of people.
create function is_shown_reversed_1(d deposits, p_reversal text) returns boolean language sql stable as $$
  select exists (select from statement_lines l where coalesce(l.linked_receipt, l.receipt) = d.receipt and l.finding = 'reversed' and l.direction = 'out' and l.movement_id = d.id
    and l.verdict in ('locked', 'taken_back') and (l.receipt = p_reversal or not is_said_1(l.receipt)))
$$;
