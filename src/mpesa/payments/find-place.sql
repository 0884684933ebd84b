-- One step of make_place_2: the successes whose receipts may move on to a success of `p_latest`, and to which one.
create function nearer_2(
  d deposits, p_latest uuid[], p_reached uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz, out nearer uuid[], out onward uuid[]
) language plpgsql stable as $$
begin
  with o as materialized (select o.id, o.payment_id, a as attempt from deposits o join attempts a on a.id = o.attempt_id where o.id = any(p_latest)), -- few of many
  n as materialized (select n as deposit from deposits n
    where n.tied_by in ('reference', 'payer', 'time') and n.amount_cents = d.amount_cents and n.settled_at > p_now - interval '3 days'
      and n.shortcode is not distinct from d.shortcode and n.receipt is not null and n.merged_into is null and n.taken_back_at is null
      and not n.id = any(p_reached) and not n.id = any(p_seen)
      and not (p_moves and is_leaving_1(n.id))),
  x as (select distinct on ((n.deposit).id) (n.deposit).id, o.id as to_id, abs(extract(epoch from (o.attempt).created_at - (n.deposit).moved_at)) as distance
    from o, n
    where may_name_1(n.deposit, case when (n.deposit).tied_by = 'reference' then (n.deposit).payment_id end, times_of_1(n.deposit), o.payment_id, o.attempt)
    order by (n.deposit).id, distance, o.id)
  select array_agg(x.id order by x.distance, x.id), array_agg(x.to_id order by x.distance, x.id) into nearer, onward from x;
end $$;
--> statement-breakpoint

-- Makes room for a receipt that fits none of `p_ends` (successes without a receipt, or with an unproved one). It looks for a chain: a success that the receipt fits, whose own
-- receipt is a guess and fits the next success, and so on until an end. Then each receipt of the chain moves on by one. So n receipts that can be told apart fill n successes,
-- in whatever order they come. The search starts at the ends and takes all successes of one distance at once: a crowd of one amount costs nothing if none of its receipts fits
-- an end. It skips the successes of `p_seen`, which are about to lose their receipts, and moves no receipt that is being refunded or reversed. Returns the success that is now
-- free. Without `p_moves` nothing moves, and it returns the end that could be reached if every receipt could move. Call it under the lock of the amount's group.
create function make_place_2(
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
    select x.nearer, x.onward into latest, places from nearer_2(d, latest, reached, p_seen, p_moves, p_now) x;
    if latest is null then return null; end if;
    reached := reached || latest;
    onward := onward || places;
    select array[n.id] into way from deposits n join attempts a on a.id = n.attempt_id
    where n.id = any(latest) and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
    order by n.tied_by <> 'time', abs(extract(epoch from a.created_at - p_times[1])), n.id limit 1;
  end loop;
  while onward[array_position(reached, way[1])] is not null loop way := onward[array_position(reached, way[1])] || way; end loop;
  if not p_moves then return way[1]; end if;
  if exists (select from deposits n where n.id = way[1] and n.receipt is not null) then way[1] := free_receipt_2(way[1], p_now); end if;
  for at in 2 .. cardinality(way) loop -- the end comes first
    select * into own from deposits where id = way[at];
    perform unname_deposit_1(own.id);
    if own.reversed_elsewhere_at is not null then perform book_reversed_2(own.id, p_now); end if;
    perform name_deposit_2(way[at - 1], as_freed_1(own, p_now), null, p_now);
  end loop;
  return way[cardinality(way)];
end $$;
--> statement-breakpoint

-- The successes of the last three days that have this amount and short code, and no receipt.
create function ends_1(d deposits, p_now timestamptz) returns uuid[] language sql stable as $$
  select coalesce(array_agg(n.id order by n.id), '{}') from deposits n
  where n.attempt_id is not null and n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode
    and n.settled_at > p_now - interval '3 days'
$$;
--> statement-breakpoint

-- The prompt of a success without a receipt that make_place_2 could reach if no receipt between were being refunded or reversed. Until that is decided, this receipt and that
-- success may be one movement.
create function find_held_place_2(d deposits, p_times timestamptz[], p_now timestamptz) returns uuid language plpgsql as $$
declare
  ends uuid[] := ends_1(d, p_now);
begin
  if not d.may_echo or cardinality(ends) = 0 then return null; end if;
  return (select n.attempt_id from deposits n where n.id = (select make_place_2(d, p_times, ends, '{}', false, p_now)));
end $$;
--> statement-breakpoint

-- The success whose receipt this may be: one that has none, or one that is freed for it (make_place_2). With `p_displaces`, an unproved receipt gives way as well.
create function find_place_2(d deposits, p_times timestamptz[], p_displaces boolean, p_seen uuid[], p_now timestamptz) returns uuid language plpgsql as $$
declare
  place uuid := find_nameless_1(d, p_times);
  ends uuid[];
begin
  if place is not null then return place; end if;
  if d.payment_id is null and not d.may_echo then return null; end if;
  ends := ends_1(d, p_now);
  if cardinality(ends) > 0 then place := make_place_2(d, p_times, ends, p_seen, true, p_now); end if;
  if place is not null or not p_displaces then return place; end if;
  place := find_guess_1(d, p_times);
  if place is not null and not place = any(p_seen) then
    return free_receipt_2(place, p_now);
  end if;
  ends := array(select n.id from deposits n where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null and n.amount_cents = d.amount_cents
    and n.shortcode is not distinct from d.shortcode and n.settled_at > p_now - interval '3 days' and not n.id = any(p_seen) order by n.id);
  return case when cardinality(ends) > 0 then make_place_2(d, p_times, ends, p_seen, true, p_now) end;
end $$;
--> statement-breakpoint

-- The successes of an amount that could get some receipt: those that have none, and those whose own receipt could move on (make_place_2).
create function places_2(d deposits, p_now timestamptz) returns uuid[] language plpgsql stable as $$
declare
  latest uuid[] := ends_1(d, p_now);
  reached uuid[] := latest;
begin
  while latest <> '{}' loop
    latest := coalesce((select x.nearer from nearer_2(d, latest, reached, '{}', true, p_now) x), '{}');
    reached := reached || latest;
  end loop;
  return reached || array(select n.id from deposits n
    where n.receipt is null and n.attempt_id is not null and n.merged_into is null and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode);
end $$;
--> statement-breakpoint

-- A success has no receipt, and no receipt that is left over fits it. But one may fit another success, whose own receipt can then move here: that is tried. All receipts are
-- compared with all places at once, since a stranger can make up many.
create function match_left_over_2(attempt attempts, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  reached uuid[];
  success uuid;
begin
  d.amount_cents := attempt.amount_cents; d.shortcode := p_shortcode;
  reached := places_2(d, p_now);
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
    if stands_in_2(d) = 'spent' and (not exists (select from over_counter_2(d.id)) or is_leaving_1(d.id)) then continue; end if;
    success := find_place_2(d, case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end, false, '{}', p_now);
    if success is not null and merge_deposit_2(d.id, success, p_now) then
      perform name_deposit_2(success, d, null, p_now);
      return;
    end if;
  end loop;
end $$;
