-- Which receipt belongs to which prompt, as long as nobody who knows has said it. A success that a query told has no receipt (nameless), a notice has no prompt:
-- of n nameless successes and m receipts of one amount, short code and time the first n are tied, and only m - n are new money.

-- Whether this payer may be who was prompted: nobody else can pay a prompt.
create function may_be_from_1(attempt attempts, p_payer_hash text, p_payer_tail text) returns boolean language sql immutable return
  coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint

-- Whether money with this receipt may have been asked for by this prompt. Where no time is known the day in the receipt is compared, where that has none nothing but the payer.
create function may_fit_1(attempt attempts, p_times timestamptz[], p_receipt text, p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  case when cardinality(p_times) > 0 then fits_1(attempt, p_times, p_payer_hash, p_payer_tail)
    else coalesce(receipt_day_1(p_receipt) between ((attempt.created_at - interval '60 seconds') at time zone 'Africa/Nairobi')::date
        and (echo_until_1(attempt) at time zone 'Africa/Nairobi')::date, true)
      and may_be_from_1(attempt, p_payer_hash, p_payer_tail) end;
--> statement-breakpoint

-- The time of a movement as far as it can be relied upon. A proof that does not say who paid, and when, leaves a deposit without hash and tail (settle_receipt_1): what a notice
-- has told of its time is not relied upon then either.
create function sure_times_1(d deposits) returns timestamptz[] language sql immutable return
  case when d.payer_hash is null and d.payer_tail is null then '{}'::timestamptz[] else array[d.moved_at] end;
--> statement-breakpoint

-- Whether this receipt, which bears the reference of the payment `p_for` or none, may be that of a success of `p_payment`: nobody else paid it as far as is proved.
create function may_name_1(d deposits, p_for uuid, p_times timestamptz[], p_payment uuid, attempt attempts) returns boolean language sql stable return
  coalesce(p_payment = p_for, false) and (d.receipt_proved_at is null or may_be_from_1(attempt, d.payer_hash, d.payer_tail))
  or p_for is null and d.may_echo and may_fit_1(attempt, p_times, d.receipt, d.payer_hash, d.payer_tail);
--> statement-breakpoint

-- The nameless success that this receipt may be the name of: of the same payment first, then of the same payer, then of the nearest time.
create function find_nameless_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint

-- The success whose receipt is a guess and not proved: a proved receipt takes its place.
create function find_guess_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id
    and n.shortcode is not distinct from d.shortcode
    and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint

-- The success of the same payment that has another receipt by payer or time alone: one that bears the payment's reference is the better name.
create function find_weaker_tie_1(d deposits) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.payment_id = d.payment_id and n.tied_by in ('payer', 'time') and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id
    and (d.receipt_proved_at is null or may_be_from_1(a, d.payer_hash, d.payer_tail)) -- as find_nameless_1: another's money, as proved, is no name
  order by n.id limit 1
$$;
--> statement-breakpoint

-- How sure it is that a receipt and a prompt are one movement.
create function tie_of_1(d deposits, attempt attempts) returns text language sql immutable return
  case when d.payment_id = attempt.payment_id then 'reference'
    when d.payer_hash = attempt.phone_hash or d.payer_tail = attempt.phone_tail then 'payer'
    else 'time' end;
--> statement-breakpoint

-- The receipts that a success without one may have brought, best first: proved ones, then the same payment's, the prompt's own echo, the payer's, the nearest in time.
create function find_receipts_1(attempt attempts, p_shortcode text) returns setof deposits language sql stable as $$
  select d.* from deposits d
  where d.attempt_id is null and d.receipt is not null and d.merged_into is null and d.refuted_at is null and d.amount_cents = attempt.amount_cents
    and d.shortcode is not distinct from p_shortcode
    and (d.payment_id = attempt.payment_id and (d.receipt_proved_at is null or may_be_from_1(attempt, d.payer_hash, d.payer_tail))
      or d.payment_id is null and d.may_echo and d.moved_at between attempt.created_at - interval '181 minutes' and echo_until_1(attempt)
        -- the clock of a pull may be three hours off
        and fits_1(attempt, case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end, d.payer_hash, d.payer_tail))
  order by d.receipt_proved_at is null, (d.payment_id = attempt.payment_id) desc nulls last, (d.echo_of = attempt.id) desc nulls last,
    (d.payer_hash = attempt.phone_hash) desc nulls last, (d.payer_tail = attempt.phone_tail) desc nulls last,
    abs(extract(epoch from d.moved_at - attempt.created_at)), d.id
$$;
--> statement-breakpoint

-- The open prompts that an unreferenced notice, or one for their own payment, may be the echo of; `held_until` is when the last of them has ended.
create function find_prompts_1(d deposits, p_now timestamptz, out "echoOf" uuid, out "heldUntil" timestamptz) language sql stable as $$
  select (array_agg(a.id order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
      exists (select from deposits o where o.echo_of = a.id and o.held_until > p_now), abs(extract(epoch from a.created_at - d.moved_at)), a.id))[1],
    max(echo_until_1(a))
  from attempts a
  where a.amount_cents = d.amount_cents and a.created_at > p_now - interval '1 day' and a.state in ('requested', 'pending', 'unknown') and echo_until_1(a) > p_now
    and (a.payment_id = d.payment_id or d.payment_id is null and d.may_echo) and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail)
$$;
--> statement-breakpoint

-- What a success has by a guess, as a movement of its own again: told, or proved if the receipt is. What is known of the receipt alone (that it was given back) goes with it.
create function as_freed_1(own deposits, p_now timestamptz) returns deposits language plpgsql as $$
declare
  freed deposits := own;
begin
  freed.id := new_id_1(); freed.taken_back_at := null; freed.source := 'c2b'; freed.attempt_id := null; freed.tied_by := null; freed.confirmed_at := own.receipt_proved_at;
  if own.tied_by <> 'reference' then freed.payment_id := null; end if;
  freed.confirmation_due_at := case when own.receipt_proved_at is null then p_now end;
  freed.settled_at := p_now; freed.allocated_at := null; freed.allocation_due_at := p_now; freed.echo_of := null; freed.held_until := null;
  return freed;
end $$;
--> statement-breakpoint

-- A success has no receipt any more, and nothing that the receipt's source has said of the payer.
create function unname_deposit_1(p_deposit uuid) returns void language plpgsql as $$
begin
  update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null, payer_name = null, payer_phone = null, payer_hash = null, payer_tail = null,
    reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null
  where id = p_deposit;
end $$;
--> statement-breakpoint

-- The receipt that a success had by a guess becomes a movement of its own again. It may be the name of another success. Where it was given back in the portal and taken back
-- already, its row is that movement, and the success is booked anew. Returns the success's row.
create function free_receipt_1(p_deposit uuid, p_now timestamptz) returns uuid language plpgsql as $$
declare
  own deposits;
  freed deposits;
  nameless uuid;
begin
  select * into own from deposits where id = p_deposit;
  freed := as_freed_1(own, p_now);
  if own.taken_back_at is not null then
    update deposits set source = 'c2b', attempt_id = null, tied_by = null where id = own.id;
    own.id := freed.id; own.receipt := null; own.receipt_proved_at := null; own.tied_by := null; own.confirmation_due_at := null; own.taken_back_at := null; own.allocated_at := null;
    own.payer_name := null; own.payer_phone := null; own.payer_hash := null; own.payer_tail := null; own.reversed_elsewhere_at := null; own.reversed_elsewhere_cents := null;
    own.reversal_receipt := null; own.settled_at := p_now; own.confirmed_at := p_now; own.allocation_due_at := p_now;
    perform open_deposit_1(own, p_now);
    return own.id;
  end if;
  nameless := find_place_1(freed, array[freed.moved_at], false, array[own.id], p_now);
  perform unname_deposit_1(own.id);
  if nameless is not null then
    perform name_deposit_1(nameless, freed, own.tied_by, p_now);
    perform take_reversal_along_1(own.id, nameless, p_now);
  else
    perform open_deposit_1(freed, p_now);
    perform take_reversal_along_1(own.id, freed.id, p_now);
    if freed.reversed_elsewhere_at is not null then perform book_reversed_1(freed.id, p_now); end if;
  end if;
  if own.reversed_elsewhere_at is not null then perform book_reversed_1(own.id, p_now); end if;
  return own.id;
end $$;
--> statement-breakpoint

-- The time of a receipt that a success has by a guess, as far as it is known: the clock of a pull may be three hours off.
create function times_of_1(d deposits) returns timestamptz[] language sql stable return
  case when d.receipt_proved_at is null then array[d.moved_at] else array[d.moved_at, d.moved_at + interval '3 hours'] end;
--> statement-breakpoint

-- The successes whose receipts may move on to one of `p_latest`, and where each would: see make_place_1.
create function nearer_1(
  d deposits, p_latest uuid[], p_reached uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz, out nearer uuid[], out onward uuid[]
) language plpgsql stable as $$
begin
  with o as materialized (select o.id, o.payment_id, a as attempt from deposits o join attempts a on a.id = o.attempt_id where o.id = any(p_latest)), -- few of many
  n as materialized (select n as deposit from deposits n
    where n.tied_by in ('reference', 'payer', 'time') and n.amount_cents = d.amount_cents and n.settled_at > p_now - interval '3 days'
      and n.shortcode is not distinct from d.shortcode and n.receipt is not null and n.merged_into is null and n.taken_back_at is null
      and not n.id = any(p_reached) and not n.id = any(p_seen)
      and not (p_moves and exists (select from payouts p where p.subject = n.id::text and p.state not in ('declined', 'rejected')))),
  x as (select distinct on ((n.deposit).id) (n.deposit).id, o.id as to_id, abs(extract(epoch from (o.attempt).created_at - (n.deposit).moved_at)) as distance
    from o, n
    where may_name_1(n.deposit, case when (n.deposit).tied_by = 'reference' then (n.deposit).payment_id end, times_of_1(n.deposit), o.payment_id, o.attempt)
    order by (n.deposit).id, distance, o.id)
  select array_agg(x.id order by x.distance, x.id), array_agg(x.to_id order by x.distance, x.id) into nearer, onward from x;
end $$;
--> statement-breakpoint

-- Makes a place for a receipt that fits none of `p_ends` (successes without a receipt, or with one that nobody has proved) itself: a success that it fits, whose receipt is a guess too and fits one of them, or another one whose receipt
-- does, and so on: each of these moves on by one. So n receipts that can be told apart fill n successes, in whatever order they come. It is looked for from the ends, all successes of one
-- distance at once, so that a crowd of one amount costs nothing where none of its receipts fits an end. `p_seen` is about to be left, and what is being given back does not move. Not `p_moves`: nothing is
-- moved, and the end is returned that could be reached if all could. Asked under the lock of the amount's group.
create function make_place_1(
  d deposits, p_times timestamptz[], p_ends uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  reached uuid[] := p_ends;
  onward uuid[] := array_fill(null::uuid, array[cardinality(p_ends)]); -- where the receipt of each goes
  latest uuid[] := p_ends;
  places uuid[];
  way uuid[];
  own deposits;
begin
  while way is null loop
    select x.nearer, x.onward into latest, places from nearer_1(d, latest, reached, p_seen, p_moves, p_now) x;
    if latest is null then return null; end if;
    reached := reached || latest;
    onward := onward || places;
    select array[n.id] into way from deposits n join attempts a on a.id = n.attempt_id
    where n.id = any(latest) and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
    order by n.tied_by <> 'time', abs(extract(epoch from a.created_at - p_times[1])), n.id limit 1;
  end loop;
  while onward[array_position(reached, way[1])] is not null loop way := onward[array_position(reached, way[1])] || way; end loop;
  if not p_moves then return way[1]; end if;
  if exists (select from deposits n where n.id = way[1] and n.receipt is not null) then way[1] := free_receipt_1(way[1], p_now); end if;
  for at in 2 .. cardinality(way) loop -- the end comes first
    select * into own from deposits where id = way[at];
    perform unname_deposit_1(own.id);
    if own.reversed_elsewhere_at is not null then perform book_reversed_1(own.id, p_now); end if;
    perform name_deposit_1(way[at - 1], as_freed_1(own, p_now), null, p_now);
  end loop;
  return way[cardinality(way)];
end $$;
--> statement-breakpoint

-- The successes of an amount that have no receipt.
create function ends_1(d deposits, p_now timestamptz) returns uuid[] language sql stable as $$
  select coalesce(array_agg(n.id order by n.id), '{}') from deposits n
  where n.attempt_id is not null and n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode
    and n.settled_at > p_now - interval '3 days'
$$;
--> statement-breakpoint

-- The prompt whose success this receipt would leave room for, if what stands between were not being given back: both may be one movement until that is decided.
create function find_held_place_1(d deposits, p_times timestamptz[], p_now timestamptz) returns uuid language plpgsql as $$
declare
  ends uuid[] := ends_1(d, p_now);
begin
  if not d.may_echo or cardinality(ends) = 0 then return null; end if;
  return (select n.attempt_id from deposits n where n.id = (select make_place_1(d, p_times, ends, '{}', false, p_now)));
end $$;
--> statement-breakpoint

-- The success that this receipt may be the name of: one that has none, or one that is left for it (make_place_1). `p_displaces`: a receipt that nobody has proved makes room as well.
create function find_place_1(d deposits, p_times timestamptz[], p_displaces boolean, p_seen uuid[], p_now timestamptz) returns uuid language plpgsql as $$
declare
  place uuid := find_nameless_1(d, p_times);
  ends uuid[];
begin
  if place is not null then return place; end if;
  if d.payment_id is null and not d.may_echo then return null; end if;
  ends := ends_1(d, p_now);
  if cardinality(ends) > 0 then place := make_place_1(d, p_times, ends, p_seen, true, p_now); end if;
  if place is not null or not p_displaces then return place; end if;
  place := find_guess_1(d, p_times);
  if place is not null and not place = any(p_seen) then
    return free_receipt_1(place, p_now);
  end if;
  ends := array(select n.id from deposits n where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null and n.amount_cents = d.amount_cents
    and n.shortcode is not distinct from d.shortcode and n.settled_at > p_now - interval '3 days' and not n.id = any(p_seen) order by n.id);
  return case when cardinality(ends) > 0 then make_place_1(d, p_times, ends, p_seen, true, p_now) end;
end $$;
--> statement-breakpoint

-- The successes of an amount that some receipt could come to: those that have none, and those whose own could move on (make_place_1).
create function places_1(d deposits, p_now timestamptz) returns uuid[] language plpgsql stable as $$
declare
  latest uuid[] := ends_1(d, p_now);
  reached uuid[] := latest;
begin
  while latest <> '{}' loop
    latest := coalesce((select x.nearer from nearer_1(d, latest, reached, '{}', true, p_now) x), '{}');
    reached := reached || latest;
  end loop;
  return reached || array(select n.id from deposits n
    where n.receipt is null and n.attempt_id is not null and n.merged_into is null and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode);
end $$;
--> statement-breakpoint

-- A success has no receipt, and none fits it that has no success: one that fits another success better, so that this one's moves here, may be there nevertheless. All receipts are
-- compared with all places at once: a stranger can make up many.
create function match_left_over_1(attempt attempts, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  reached uuid[];
  success uuid;
begin
  d.amount_cents := attempt.amount_cents; d.shortcode := p_shortcode;
  reached := places_1(d, p_now);
  for d in
    with p as materialized (select a as attempt from deposits n join attempts a on a.id = n.attempt_id where n.id = any(reached)),
    o as materialized (select o as deposit, case when o.source = 'pull' then array[o.moved_at, o.moved_at + interval '3 hours'] else array[o.moved_at] end as times from deposits o
      where o.may_echo and o.attempt_id is null and o.payment_id is null and o.receipt is not null and o.merged_into is null and o.refuted_at is null and o.taken_back_at is null
        and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
        and o.moved_at between attempt.created_at - interval '6 hours' and attempt.created_at + interval '6 hours')
    select (o.deposit).* from o
    where exists (select from p where may_fit_1(p.attempt, o.times, (o.deposit).receipt, (o.deposit).payer_hash, (o.deposit).payer_tail))
    order by (o.deposit).receipt_proved_at is null, (o.deposit).id
  loop
    if stands_in_1(d) = 'spent' and (not exists (select from over_counter_1(d.id))
      or exists (select from payouts o where o.subject = d.id::text and o.state not in ('declined', 'rejected'))) then continue; end if;
    success := find_place_1(d, case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end, false, '{}', p_now);
    if success is not null and merge_deposit_1(d.id, success, p_now) then
      perform name_deposit_1(success, d, null, p_now);
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint

-- A success learns a receipt, and what its notice says of the payer. The receipt is proved only if it is proved by itself: proof is never lent.
create function name_deposit_1(p_deposit uuid, d deposits, p_tied_by text, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits n set receipt = d.receipt, receipt_proved_at = d.receipt_proved_at,
    tied_by = coalesce(p_tied_by, (select tie_of_1(d, a) from attempts a where a.id = n.attempt_id)),
    typed_reference = coalesce(d.typed_reference, n.typed_reference), payer_name = coalesce(d.payer_name, n.payer_name),
    payer_phone = coalesce(d.payer_phone, n.payer_phone), payer_hash = coalesce(d.payer_hash, n.payer_hash), payer_tail = coalesce(d.payer_tail, n.payer_tail),
    moved_at = coalesce(d.moved_at, n.moved_at), may_echo = d.may_echo,
    reversed_elsewhere_at = d.reversed_elsewhere_at, reversed_elsewhere_cents = d.reversed_elsewhere_cents, reversal_receipt = d.reversal_receipt,
    confirmation_tries = 0, confirmation_due_at = case when d.receipt_proved_at is null then p_now + interval '2 minutes' end
  where n.id = p_deposit;
  perform tell_moved_1(p_deposit, p_now);
  if d.reversed_elsewhere_at is not null then perform book_reversed_1(p_deposit, p_now); end if;
  perform close_tasks_1(array['receipt_missing'], p_deposit::text, 'Its receipt is known.', p_now);
end $$;
--> statement-breakpoint

-- Whether nothing but the time (and perhaps three masked digits that others have too) says whose money this is: of a tie, or of what one of its group left over.
create function is_guess_1(d deposits) returns boolean language plpgsql stable as $$
declare
  attempt attempts;
begin
  if d.tied_by = 'time' then return true; end if;
  if d.attempt_id is null and not d.may_echo then
    -- a notice's words may be a lie: while a success of its amount and time has no proved receipt, the receipt may be that one's
    return d.source = 'c2b' and exists (select from deposits n join attempts a on a.id = n.attempt_id
      where (n.receipt is null or n.tied_by = 'time' or n.receipt_proved_at is null and n.tied_by in ('reference', 'payer')) and n.merged_into is null
        and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode and may_fit_1(a, sure_times_1(d), d.receipt, d.payer_hash, d.payer_tail));
  end if;
  if d.attempt_id is not null then
    select * into attempt from attempts where id = d.attempt_id;
    -- the reference is that of the prompt, and the number another one: somebody else may have paid by hand
    if d.tied_by = 'reference' and not may_be_from_1(attempt, d.payer_hash, d.payer_tail) then return true; end if;
    if d.tied_by is distinct from 'payer' or d.payer_hash = attempt.phone_hash then return false; end if;
    return exists (select from deposits o where o.may_echo and o.attempt_id is null and o.merged_into is null and o.amount_cents = d.amount_cents and o.id <> d.id
        and o.shortcode is not distinct from d.shortcode and fits_1(attempt, array[o.moved_at], o.payer_hash, o.payer_tail))
      or exists (select from deposits n join attempts a on a.id = n.attempt_id where n.id <> d.id and n.amount_cents = d.amount_cents
        and n.shortcode is not distinct from d.shortcode and (n.receipt is null or n.tied_by in ('payer', 'time')) and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail));
  end if;
  return exists (select from deposits n join attempts a on a.id = n.attempt_id where n.id <> d.id and n.amount_cents = d.amount_cents and n.merged_into is null
    and n.shortcode is not distinct from d.shortcode and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail)
    and (n.receipt is null or n.tied_by = 'time' or n.tied_by = 'payer' and n.payer_hash is distinct from a.phone_hash
      or n.tied_by = 'reference' and not may_be_from_1(a, n.payer_hash, n.payer_tail)));
end $$;
--> statement-breakpoint

-- The prompt whose success has no proved receipt, so that the proof of this one may be the proof of that same movement: words that a notice alone has said, or a person's
-- match, do not make it another one, and a receipt that nobody has proved is no name. One that it has by its time alone may be somebody else's, also where it is proved; what
-- nobody has said any words of is new money then. Each such success casts doubt on one receipt.
create function find_doubt_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select a.id from deposits n join attempts a on a.id = n.attempt_id
  where (n.receipt is null or n.receipt_proved_at is null and n.tied_by in ('reference', 'payer', 'time') or n.tied_by = 'time' and d.source = 'c2b' and not d.may_echo)
    and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and n.settled_at > coalesce(d.moved_at, d.settled_at) - interval '3 days' and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail)
    and not exists (select from deposits o where o.echo_of = a.id and o.amount_cents = d.amount_cents and o.id <> d.id and o.receipt_proved_at is not null
      and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null)
  order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last, abs(extract(epoch from a.created_at - p_times[1])), a.id
  limit 1
$$;
--> statement-breakpoint

-- A success has no proved receipt, or one by its time alone, and a receipt of its amount and time was proved that a notice had told, or a person had matched, for something else: both may be one
-- movement. What was proved of that receipt is then only told, until the success has a receipt of its own.
create function doubt_receipt_1(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  by_time boolean := exists (select from deposits n where n.id = p_success and n.tied_by = 'time' and n.receipt_proved_at is not null);
begin
  select o.* into d from deposits o
  where o.attempt_id is null and case when by_time then o.source = 'c2b' and not o.may_echo else o.source = 'c2b' or o.may_echo end
    and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
    and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
    and may_fit_1(attempt, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail)
  order by (o.payer_hash = attempt.phone_hash) desc nulls last, (o.payer_tail = attempt.phone_tail) desc nulls last, abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
  limit 1 for update;
  if not found and not by_time then -- one that fits another success better, whose own by a guess may be this one's
    select o.* into d from deposits o
    where o.attempt_id is null and (o.source = 'c2b' or o.may_echo) and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null
      and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
      and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
      and exists (select from deposits n join attempts a on a.id = n.attempt_id
        where n.tied_by in ('payer', 'time') and n.receipt is not null and n.merged_into is null and n.amount_cents = o.amount_cents and n.shortcode is not distinct from p_shortcode
          and may_fit_1(attempt, array[n.moved_at], n.receipt, n.payer_hash, n.payer_tail) and may_fit_1(a, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail))
    order by abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
    limit 1 for update;
  end if;
  if d.id is null then return; end if;
  if d.taken_back_at is not null then -- it was given back in the portal: the success may be that movement (given_back_1)
    update deposits set echo_of = attempt.id where id = d.id;
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  if exists (select from payouts p where p.subject = d.id::text and p.state not in ('declined', 'rejected')) then -- it is on its way back to somebody
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  update deposits set echo_of = attempt.id where id = d.id;
  perform disprove_money_1(d, p_now);
  perform open_task_1('receipt_doubted', d.id::text, p_now);
end $$;
--> statement-breakpoint

-- A success has a proved receipt of its own: what was doubted because of it is a movement of its own, or another success casts doubt on it.
create function clear_doubt_1(p_attempt uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  doubt uuid;
begin
  for d in select o.* from deposits o where o.echo_of = p_attempt and o.attempt_id is null and o.amount_cents = (select a.amount_cents from attempts a where a.id = p_attempt)
    and o.receipt_proved_at is not null and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null
  loop
    doubt := find_doubt_1(d, sure_times_1(d));
    if doubt is not null then
      update deposits set echo_of = doubt where id = d.id;
    else
      perform prove_money_1(d.id, p_now);
      if d.held_until is null then perform count_deposit_1(d.id, p_now); end if;
    end if;
  end loop;
end $$;
