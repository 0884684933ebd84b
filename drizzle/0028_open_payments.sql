
-- One line of the audit trail for what somebody did, in which request.
create function record_by_1(p_actor text, p_action text, p_subject text, p_before jsonb, p_after jsonb, p_request_id text, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into audit (id, actor, action, subject, before, after, request_id, happened_at)
  values (new_id_1(), p_actor, p_action, p_subject, p_before, p_after, p_request_id, p_now);
end $$;
--> statement-breakpoint
-- Counts one time against the limits of a key that slide, in one row per key, exact under concurrency. `p_limits` are `{minutes, most}`: at most so many times within the
-- last so many minutes, each. Over one of them it refuses with `p_refusal`, and nothing is counted.
create function count_sliding_1(p_key text, p_limits jsonb, p_refusal text, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into recent_times as r (key, times) values (p_key, array[p_now])
  on conflict (key) do update set
    times = array(select t from unnest(r.times) t where t > p_now - (select max(l.minutes) from jsonb_to_recordset(p_limits) as l(minutes int)) * interval '1 minute') || p_now
  where not exists (
    select from jsonb_to_recordset(p_limits) as l(minutes int, most int)
    where (select count(*) from unnest(r.times) t where t > p_now - l.minutes * interval '1 minute') >= l.most);
  if not found then perform refuse(p_refusal); end if;
end $$;
--> statement-breakpoint
-- Counts one time against a cap for everybody together on one Nairobi day, exact under concurrency. The last fifth of it is for those we know. Over it, it refuses.
-- Whoever uses up the first half opens a task.
create function count_daily_1(p_what text, p_most int, p_known boolean, p_now timestamptz) returns void language plpgsql as $$
declare
  day text := day_key_1(p_what, p_now);
  n int := count_up_1(day, case when p_known then p_most else p_most - p_most / 5 end);
begin
  if n is null then perform refuse('daily_cap'); end if;
  if n = (p_most + 1) / 2 then perform open_task_1('daily_limit_half_used', day, p_now); end if;
end $$;
--> statement-breakpoint
-- Counts one time against a network's share of such a cap: a quarter, so that no network closes the day for the others. Over it, it refuses.
create function count_share_1(p_what text, p_network text, p_most int, p_now timestamptz) returns void language plpgsql as $$
begin
  if count_up_1(day_key_1(p_what || ':' || p_network, p_now), (p_most + 3) / 4) is null then perform refuse('too_many_requests'); end if;
end $$;
--> statement-breakpoint
-- One more on a counter: what it stands at now, or nothing where it stood at so many already.
create function count_up_1(p_key text, p_most int) returns int language plpgsql as $$
declare
  n int;
begin
  insert into counters as c (key, count) values (p_key, 1)
  on conflict (key) do update set count = c.count + 1 where c.count < p_most
  returning c.count into n;
  return n;
end $$;
--> statement-breakpoint
-- The counter of something on the Nairobi day of a moment.
create function day_key_1(p_what text, p_now timestamptz) returns text language sql stable as $$
  select p_what || ':' || (p_now at time zone 'Africa/Nairobi')::date
$$;
--> statement-breakpoint
-- Claims a caller's key for what is about to be done; without a key there is nothing to claim. One that was used before refuses with what is known of it: whether it came
-- with the same request, and what that was answered.
create function claim_key_1(p_scope text, p_key text, p_fingerprint text, p_owner uuid, p_payment uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  claim idempotency_keys;
begin
  if p_key is null then return; end if;
  -- waits for who claims it at this moment, and then sees the row that won
  insert into idempotency_keys as k (scope, key, fingerprint, owner_id, payment_id, created_at) values (p_scope, p_key, p_fingerprint, p_owner, p_payment, p_now)
  on conflict (scope, key) do update set scope = k.scope
  returning k.* into claim;
  if claim.owner_id <> p_owner then
    perform refuse('key_used', jsonb_build_object('same', claim.fingerprint = p_fingerprint, 'status', claim.status, 'body', claim.body,
      'paymentId', claim.payment_id, 'createdAt', claim.created_at));
  end if;
end $$;
--> statement-breakpoint
-- Prices a basket (`items` of `p_asked`: sku, quantity, and the amount that a giver chose) from the price list; prices include VAT. A donation takes the giver's amount, and
-- all lines of one donation together lie within its range; everything else has its price. `only` limits what may be in the basket. The first line that is refused says why.
create function quote_order_1(p_asked jsonb) returns table (owed_cents bigint, lines jsonb, refusal text, refusal_detail jsonb) language sql stable as $$
  with wanted as (
    -- the same thing for the same amount is one line
    select sku, sum(quantity)::int as quantity, amount_cents, min(n) as n, sum(sum(quantity * amount_cents)) over (partition by sku) as given_cents
    from rows from (jsonb_to_recordset(p_asked->'items') as (sku text, quantity int, amount_cents bigint)) with ordinality as t(sku, quantity, amount_cents, n)
    group by sku, amount_cents
  ), priced as (
    select w.n, w.sku, w.quantity, i.name, i.kind, i.vat_class, i.min_cents, i.max_cents, u.unit_cents, u.unit_cents * w.quantity as gross_cents,
      case
        when i.sku is null then 'unknown_item'
        when i.kind <> p_asked->>'only' then 'not_a_donation'
        when i.kind <> 'donation' and w.amount_cents is not null then 'price_is_fixed'
        when i.kind = 'donation' and w.amount_cents is null then 'donation_amount_required'
        when i.kind = 'donation' and w.given_cents not between i.min_cents and i.max_cents then 'donation_out_of_range'
      end as refusal
    from wanted w
    left join items i on i.sku = w.sku and i.active and i.kind <> 'booking_fee'
    left join lateral (select case when i.kind = 'donation' then w.amount_cents else i.price_cents end as unit_cents) u on true
  )
  select sum(gross_cents)::bigint,
    jsonb_agg(jsonb_build_object('sku', sku, 'name', name, 'kind', kind, 'quantity', quantity, 'unitCents', unit_cents::text,
      'grossCents', gross_cents::text, 'vatClass', vat_class) order by n),
    (array_agg(p.refusal order by n) filter (where p.refusal is not null))[1],
    (array_agg(jsonb_build_object('skus', array[sku], 'min', min_cents::text, 'max', max_cents::text) order by n) filter (where p.refusal is not null))[1]
  from priced p
$$;
--> statement-breakpoint
-- Prices what the payer chooses to pay for a standing reference (`kind`, `subject` and `amount_cents` of `p_asked`): their amount, if there is such a loan or account.
create function quote_standing_1(p_asked jsonb) returns table (owed_cents bigint, lines jsonb, refusal text, refusal_detail jsonb) language sql stable as $$
  select (p_asked->>'amount_cents')::bigint, jsonb_build_array(jsonb_build_object('kind', p_asked->'kind', 'reference', p_asked->'subject')),
    case when not exists (select from standing_references s where s.typed = bare_reference_1(p_asked->>'subject') and s.kind = p_asked->>'kind') then 'unknown_reference' end,
    '{}'::jsonb
$$;
--> statement-breakpoint
-- Counts a prompt against every limit: per phone, so that nobody's is made to ring; per network, so that none closes the shop; on one day. Without a network it comes from
-- the holder of an API key, who is known.
create function count_prompt_1(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_sliding_1(p_phone_hash, p_limits->'promptsPerPhone', 'too_many_prompts', p_now);
  if p_network is not null then perform count_network_1('prompts', 'address:' || p_network, p_network, p_limits, p_now); end if;
  perform count_daily_1('prompts', (p_limits->>'promptsPerDay')::int, p_network is null or has_paid_1(p_phone_hash), p_now);
end $$;
--> statement-breakpoint
-- Counts a booking that a visitor makes, against limits of their own that are as high.
create function count_booking_1(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_network_1('bookings', 'booking:' || p_network, p_network, p_limits, p_now);
  perform count_daily_1('bookings', (p_limits->>'promptsPerDay')::int, has_paid_1(p_phone_hash), p_now);
end $$;
--> statement-breakpoint
create function count_network_1(p_what text, p_key text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_sliding_1(p_key, p_limits->'promptsPerNetwork', 'too_many_requests', p_now);
  perform count_share_1(p_what, p_network, (p_limits->>'promptsPerDay')::int, p_now);
end $$;
--> statement-breakpoint
-- Whom we know: somebody who has paid from this phone before.
create function has_paid_1(p_phone_hash text) returns boolean language sql stable as $$
  select exists (select from payments p where p.phone_hash = p_phone_hash and p.status = 'paid')
$$;
--> statement-breakpoint
-- Opens a payment, and its first prompt, before Safaricom hears of them. `p_owed`, `p_lines` and the refusal are what the purpose quoted. Whatever refuses undoes everything:
-- nothing is written, nothing is counted, the key is free.
create function open_payment_1(
  p_owed bigint, p_lines jsonb, p_refusal text, p_refusal_detail jsonb, p_payment jsonb, p_references text[], p_expected bigint,
  p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
begin
  perform claim_key_1(p_scope, p_key, p_fingerprint, p_attempt, payment.id, p_now);
  if p_refusal is not null then perform refuse(p_refusal, p_refusal_detail); end if;
  payment.owed_cents := p_owed; payment.lines := p_lines; payment.latest_attempt_id := p_attempt; payment.created_at := p_now;
  payment := write_payment_1(payment, p_references, p_expected, p_limits);
  "liveUntil" := write_attempt_1(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language; "earlierMayBePaid" := false;
end $$;
--> statement-breakpoint
-- Opens one more prompt for a payment that was not paid (of the type `p_type`, if one is named). `earlierMayBePaid`: an earlier prompt can still be paid as well.
create function open_again_1(
  p_payment uuid, p_type text, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments;
begin
  perform claim_key_1(p_scope, p_key, p_fingerprint, p_attempt, p_payment, p_now);
  -- always payment, then attempt
  select * into payment from payments p where p.id = p_payment for update;
  if payment.id is null or payment.purpose <> p_type then perform refuse('payment_not_found'); end if;
  if payment.status in ('paid', 'reversed', 'refunded') then perform refuse('already_paid', jsonb_build_object('paymentId', payment.id)); end if;
  -- a prompt has ended, and Safaricom was not yet asked how
  if exists (select from attempts a where a.payment_id = payment.id and a.state in ('requested', 'pending', 'unknown') and a.live_until <= p_now
    and a.checkout_request_id is not null and a.queried_at is null) then perform refuse('still_checking', jsonb_build_object('paymentId', payment.id)); end if;
  if payment.purpose = 'booking_fee' then perform refuse_late_booking_1(payment.id, p_now); end if;

  "liveUntil" := write_attempt_1(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  update payments p set latest_attempt_id = p_attempt, status = 'pending', failure_code = null where p.id = payment.id;
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language;
  "earlierMayBePaid" := exists (select from attempts a where a.payment_id = payment.id and a.id <> p_attempt
    and a.state in ('requested', 'pending', 'unknown') and a.payable_until > p_now);
end $$;
--> statement-breakpoint
-- Writes a payment for what is owed, in whole shillings, under the first of the drawn references that is free. `p_expected` is what the customer was shown.
create function write_payment_1(payment payments, p_references text[], p_expected bigint, p_limits jsonb) returns payments language plpgsql as $$
begin
  payment.amount_cents := (payment.owed_cents + 99) / 100 * 100;
  payment.status := 'pending';
  if payment.amount_cents not between (p_limits->>'minCents')::bigint and (p_limits->>'maxCents')::bigint then
    perform refuse('amount_out_of_range', jsonb_build_object('owedCents', payment.amount_cents::text));
  end if;
  if p_expected <> payment.amount_cents then perform refuse('amount_mismatch', jsonb_build_object('owedCents', payment.amount_cents::text)); end if;

  for n in 1 .. cardinality(p_references) loop
    payment.reference := p_references[n];
    insert into payments (id, reference, purpose, subject, caller, external_reference, metadata_sealed, lines, language, phone, phone_hash, email, email_hash, name,
      owed_cents, amount_cents, status, latest_attempt_id, created_at)
    values (payment.id, payment.reference, payment.purpose, payment.subject, payment.caller, payment.external_reference, payment.metadata_sealed, payment.lines,
      payment.language, payment.phone, payment.phone_hash, payment.email, payment.email_hash, payment.name,
      payment.owed_cents, payment.amount_cents, payment.status, payment.latest_attempt_id, payment.created_at)
    on conflict do nothing;
    if found then return payment; end if;
    -- ours is free, so that it is the caller's own reference that names a payment already
    if not exists (select from payments p where p.reference = payment.reference) then perform refuse('external_reference_used'); end if;
  end loop;
  raise exception 'None of the drawn references is free.';
end $$;
--> statement-breakpoint
-- Writes a prompt that Safaricom is about to be asked for, counts it and says who asked. Returns until when it can be answered: Safaricom gives up after about a minute.
create function write_attempt_1(
  payment payments, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_now timestamptz
) returns timestamptz language plpgsql as $$
declare
  answerable timestamptz := p_now + interval '75 seconds';
  -- a PIN that is entered late is still taken: until then a query's failure is final for few codes only
  payable timestamptz := p_now + interval '180 seconds';
begin
  update attempts set live = false where live and live_until <= p_now and (phone_hash = p_phone_hash or payment_id = payment.id);
  insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live_until, payable_until, query_due_at, created_at)
  values (p_attempt, payment.id, p_phone_hash, p_phone_tail, payment.amount_cents, 'requested', answerable, payable, p_now + interval '15 seconds', p_now)
  on conflict do nothing; -- one live prompt per phone and per payment
  if not found then perform refuse('prompt_open'); end if;
  perform count_prompt_1(p_phone_hash, p_network, p_limits, p_now);
  perform record_by_1(p_actor, 'payment_requested', payment.id::text, null, jsonb_build_object('attemptId', p_attempt::text, 'amountCents', payment.amount_cents::text), p_request_id, p_now);
  return answerable;
end $$;
--> statement-breakpoint
-- Makes a booking and the payment of its fee, by the price list. A visitor's booking is counted (`p_network`), the organisation's own is not. Whatever refuses undoes
-- everything.
create function create_booking_1(
  p_sku text, p_payment jsonb, p_references text[], p_booking jsonb, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz
) returns void language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
  booking bookings := jsonb_populate_record(null::bookings, p_booking);
  item items;
begin
  perform claim_key_1(p_scope, p_key, p_fingerprint, payment.id, payment.id, p_now);
  select * into item from items i where i.sku = p_sku and i.kind = 'booking_fee' and i.active;
  if item.sku is null then perform refuse('unknown_item', jsonb_build_object('skus', array[p_sku])); end if;
  payment.owed_cents := item.price_cents; payment.created_at := p_now;
  payment.lines := jsonb_build_array(jsonb_build_object('sku', item.sku, 'name', item.name, 'kind', item.kind, 'quantity', 1, 'unitCents', item.price_cents::text,
    'grossCents', item.price_cents::text, 'vatClass', item.vat_class));
  payment := write_payment_1(payment, p_references, null, p_limits);

  insert into bookings (id, state, provider_phone, provider_phone_hash, expires_at, auto_to, auto_keep_cents, auto_after_hours)
  values (payment.id, 'created', booking.provider_phone, booking.provider_phone_hash, booking.expires_at, booking.auto_to, booking.auto_keep_cents, booking.auto_after_hours);
  perform record_by_1(p_actor, 'booking_created', payment.id::text, null, jsonb_build_object('amountCents', payment.amount_cents::text, 'autoTo', booking.auto_to), p_request_id, p_now);
  if p_network is not null then perform count_booking_1(payment.phone_hash, p_network, p_limits, p_now); end if;
end $$;
--> statement-breakpoint
-- A booking that was not paid in time is not prompted for again.
create function refuse_late_booking_1(p_booking uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from bookings b where b.id = p_booking and (b.state = 'expired' or b.state = 'created' and b.expires_at <= p_now)) then
    perform refuse('booking_expired', jsonb_build_object('paymentId', p_booking));
  end if;
end $$;
