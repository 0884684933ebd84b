-- Opens a payment and its first prompt before Safaricom hears of them. `p_owed`, `p_lines` and the refusal are what the purpose quoted. Any refusal undoes everything: nothing
-- is written or counted, and the key is free.
create function open_payment_2(
  p_owed bigint, p_lines jsonb, p_refusal text, p_refusal_detail jsonb, p_payment jsonb, p_references text[], p_expected bigint,
  p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
begin
  perform claim_key_2(p_scope, p_key, p_fingerprint, p_attempt, payment.id, p_now);
  if p_refusal is not null then perform refuse(p_refusal, p_refusal_detail); end if;
  payment.owed_cents := p_owed; payment.lines := p_lines; payment.latest_attempt_id := p_attempt; payment.created_at := p_now;
  payment := write_payment_2(payment, p_references, p_expected, p_limits);
  "liveUntil" := write_attempt_2(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language; "earlierMayBePaid" := false;
end $$;
--> statement-breakpoint

-- Opens another prompt for a payment that was not paid (and is of type `p_type`, if one is named). `earlierMayBePaid`: an earlier prompt can still be paid as well.
create function open_again_2(
  p_payment uuid, p_type text, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments;
begin
  perform claim_key_2(p_scope, p_key, p_fingerprint, p_attempt, p_payment, p_now);
  -- always payment, then attempt
  select * into payment from payments p where p.id = p_payment for update;
  if payment.id is null or payment.purpose <> p_type then perform refuse('payment_not_found'); end if;
  if payment.state = 'paid' then perform refuse('already_paid', jsonb_build_object('paymentId', payment.id, 'language', payment.language)); end if;
  if payment.state in ('reversed', 'refunded') then
    perform refuse('payment_returned', jsonb_build_object('paymentId', payment.id, 'language', payment.language, 'status', payment.state,
      'failureCode', payment.failure_code, 'cameAfterAll', case when payment.failure_code = 'refuted' then came_after_all_2(payment.id) end));
  end if;
  -- it was paid by hand, by a notice that waits for proof: whoever answers a prompt as well pays twice
  if exists (select from deposits h where h.payment_id = payment.id and h.held_until = 'infinity' and h.allocated_at is null and h.merged_into is null
    and h.refuted_at is null and h.amount_cents >= payment.amount_cents) then
    perform refuse('payment_being_checked', jsonb_build_object('paymentId', payment.id, 'language', payment.language));
  end if;
  -- a prompt has ended, and Safaricom was not yet asked how
  if exists (select from attempts a where a.payment_id = payment.id and a.state in ('requested', 'pending', 'unknown') and a.live_until <= p_now
    and a.checkout_request_id is not null and a.queried_at is null) then perform refuse('still_checking', jsonb_build_object('paymentId', payment.id)); end if;
  if payment.purpose = 'booking_fee' then perform refuse_late_booking_1(payment.id, p_now); end if;

  "liveUntil" := write_attempt_2(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  update payments p set latest_attempt_id = p_attempt, state = 'pending', failure_code = null where p.id = payment.id;
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language;
  "earlierMayBePaid" := exists (select from attempts a where a.payment_id = payment.id and a.id <> p_attempt
    and a.state in ('requested', 'pending', 'unknown') and a.payable_until > p_now);
end $$;
--> statement-breakpoint

-- Writes a payment for what is owed, in whole shillings, under the first of the drawn references that is free. `p_expected` is the amount that the customer was shown.
create function write_payment_2(payment payments, p_references text[], p_expected bigint, p_limits jsonb) returns payments language plpgsql as $$
begin
  payment.amount_cents := (payment.owed_cents + 99) / 100 * 100;
  payment.state := 'pending';
  if payment.amount_cents not between (p_limits->>'minCents')::bigint and (p_limits->>'maxCents')::bigint then
    perform refuse('amount_out_of_range', jsonb_build_object('owedCents', payment.amount_cents::text));
  end if;
  if p_expected <> payment.amount_cents then perform refuse('amount_mismatch', jsonb_build_object('owedCents', payment.amount_cents::text)); end if;

  for n in 1 .. cardinality(p_references) loop
    payment.reference := p_references[n];
    insert into payments (id, reference, purpose, subject, caller, external_reference, metadata_sealed, lines, language, phone, phone_hash, email, email_hash, name,
      owed_cents, amount_cents, state, latest_attempt_id, created_at)
    values (payment.id, payment.reference, payment.purpose, payment.subject, payment.caller, payment.external_reference, payment.metadata_sealed, payment.lines,
      payment.language, payment.phone, payment.phone_hash, payment.email, payment.email_hash, payment.name,
      payment.owed_cents, payment.amount_cents, payment.state, payment.latest_attempt_id, payment.created_at)
    on conflict do nothing;
    if found then return payment; end if;
    -- ours is free, so that it is the caller's own reference that names a payment already
    if not exists (select from payments p where p.reference = payment.reference) then perform refuse('external_reference_used'); end if;
  end loop;
  raise exception 'None of the drawn references is free.';
end $$;
--> statement-breakpoint

-- Writes a prompt that Safaricom is about to be asked for, counts it, and audits who asked. Returns until when it can be answered: Safaricom gives up after about a minute.
create function write_attempt_2(
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
  perform count_prompt_2(p_phone_hash, p_network, p_limits, p_now);
  perform record_by_1(p_actor, 'payment_requested', payment.id::text, null, jsonb_build_object('attemptId', p_attempt::text, 'amountCents', payment.amount_cents::text), p_request_id, p_now);
  return answerable;
end $$;
