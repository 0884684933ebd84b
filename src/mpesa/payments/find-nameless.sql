-- Which receipt belongs to which prompt, until a source that knows says it. A success that a query reported has no receipt (it is nameless), and a notice has no prompt. Of n
-- nameless successes and m receipts of one amount, short code and time, the first n receipts are tied to the successes, and only m - n are new money.

-- The nameless success whose receipt this may be: one of the same payment first, then of the same payer, then of the nearest time.
create function find_nameless_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint

-- The success that has an unproved receipt by a guess: a proved receipt takes the place of that one.
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

-- The success of the same payment that has another receipt by payer or time alone. This receipt bears the payment's reference, so it is the better one.
create function find_weaker_tie_1(d deposits) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.payment_id = d.payment_id and n.tied_by in ('payer', 'time') and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id
    and (d.receipt_proved_at is null or may_be_from_1(a, d.payer_hash, d.payer_tail)) -- as find_nameless_1: another's money, as proved, is no name
  order by n.id limit 1
$$;
--> statement-breakpoint

-- The receipts that may belong to a success without one, best first: proved ones, those of the same payment, the prompt's own echo, those of the same
-- payer, the nearest in time.
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

-- The open prompts that a notice may be the echo of: it bears no reference, or that of their payment. `echoOf` is the likeliest, and `heldUntil` is
-- when the last of them has ended.
create function find_prompts_1(d deposits, p_now timestamptz, out "echoOf" uuid, out "heldUntil" timestamptz) language sql stable as $$
  select (array_agg(a.id order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
      exists (select from deposits o where o.echo_of = a.id and o.held_until > p_now), abs(extract(epoch from a.created_at - d.moved_at)), a.id))[1],
    max(echo_until_1(a))
  from attempts a
  where a.amount_cents = d.amount_cents and a.created_at > p_now - interval '1 day' and a.state in ('requested', 'pending', 'unknown') and echo_until_1(a) > p_now
    and (a.payment_id = d.payment_id or d.payment_id is null and d.may_echo) and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail)
$$;
--> statement-breakpoint

-- Whether nothing but the time says whose money this is (and perhaps three masked digits, which other phones have too). Judges a receipt that is tied to a success, and one
-- that is left over beside the successes of its amount.
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
