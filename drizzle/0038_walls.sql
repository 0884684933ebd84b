-- Walls: each SQL function stands with the table it writes, in versions of their own beside those of the last release; and rules that the schema lacked.
ALTER TABLE "idempotency_keys" ADD COLUMN "subject_id" uuid;--> statement-breakpoint
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_credits_id_invoices_id_fk" FOREIGN KEY ("credits_id") REFERENCES "public"."invoices"("id") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "penalties" ADD CONSTRAINT "penalties_instalment" FOREIGN KEY ("loan_id","number") REFERENCES "public"."instalments"("loan_id","number") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "waivers" ADD CONSTRAINT "waivers_instalment" FOREIGN KEY ("loan_id","number") REFERENCES "public"."instalments"("loan_id","number") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_source" CHECK ("evidence"."source" in ('callback', 'query', 'c2b', 'b2c', 'reversal', 'transaction-status', 'account-balance', 'pull', 'statement')) NOT VALID;--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_verdict" CHECK ("evidence"."verdict" in ('pays', 'names', 'late', 'fails', 'rejects', 'known', 'unclear', 'unread_payer', 'doubted', 'contradicts', 'no_attempt', 'no_withdrawal', 'no_deposit', 'no_inquiry', 'amount_differs', 'phone_differs', 'second_receipt', 'two_receipts', 'receipt_used', 'already_reversed', 'other_checkout', 'other_conversation', 'other_transaction', 'arrives', 'ties', 'own_payout', 'unreadable', 'other_shortcode', 'adopts', 'answers', 'confirms', 'other_receipt', 'other_amount', 'other_party', 'not_completed')) NOT VALID;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_kind" CHECK ("transfers"."kind" in ('mpesa_in', 'proved', 'proved_after_all', 'disproved', 'merged', 'claimed', 'swapped', 'taken_back', 'reversed_elsewhere', 'gathered', 'counter_sale', 'sale', 'surplus', 'suspense', 'match', 'payout_reserve', 'payout_paid', 'payout_released', 'payout_late', 'credit_note', 'given_twice', 'hold', 'hold_resolved', 'savings_deposit', 'loan_fee', 'repayment', 'repayment_corrected', 'unmatch', 'top_up', 'sweep', 'charge')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_fee_charged" CHECK ("loan_products"."fee_charged" in ('deducted', 'instalments')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_penalty_kind" CHECK ("loan_products"."penalty_kind" in ('none', 'fixed', 'percent')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_penalty_frequency" CHECK ("loan_products"."penalty_frequency" in ('once', 'per_period')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_excess" CHECK ("loan_products"."excess" in ('instalment', 'full')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_early_settlement" CHECK ("loan_products"."early_settlement" in ('all_interest', 'interest_to_date')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_allocation_order" CHECK (cardinality("loan_products"."allocation_order") = 4 and "loan_products"."allocation_order" @> array['penalty', 'fee', 'interest', 'principal']) NOT VALID;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_kind" CHECK ("payouts"."kind" in ('payment', 'refund', 'reversal', 'manual', 'loan')) NOT VALID;
--> statement-breakpoint
-- Claims a caller's key for what is about to be done; without a key there is nothing to claim. One that was used before refuses with what is known of it: whether it came
-- with the same request, and what that was answered.
create function claim_key_2(p_scope text, p_key text, p_fingerprint text, p_owner uuid, p_subject uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  claim idempotency_keys;
begin
  if p_key is null then return; end if;
  -- waits for who claims it at this moment, and then sees the row that won
  insert into idempotency_keys as k (scope, key, fingerprint, owner_id, subject_id, payment_id, created_at)
  values (p_scope, p_key, p_fingerprint, p_owner, p_subject, p_subject, p_now)
  on conflict (scope, key) do update set scope = k.scope
  returning k.* into claim;
  if claim.owner_id <> p_owner then
    perform refuse('key_used', jsonb_build_object('same', claim.fingerprint = p_fingerprint, 'status', claim.status, 'body', claim.body,
      'subjectId', coalesce(claim.subject_id, claim.payment_id), 'createdAt', claim.created_at));
  end if;
end $$;
--> statement-breakpoint
-- Evidence is never removed, and says for ever what was said, from where and when. Its verdict may be judged anew, and its body be encrypted under another key: the hash is of the words.
create function refuse_evidence_change_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.id, new.source, new.body_hash, new.received_at) = (old.id, old.source, old.body_hash, old.received_at) then return new; end if;
  raise exception 'Evidence is kept as it came: % is refused', tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
-- Opens a payment, and its first prompt, before Safaricom hears of them. `p_owed`, `p_lines` and the refusal are what the purpose quoted. Whatever refuses undoes everything:
-- nothing is written, nothing is counted, the key is free.
create or replace function open_payment_1(
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
  payment := write_payment_1(payment, p_references, p_expected, p_limits);
  "liveUntil" := write_attempt_1(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language; "earlierMayBePaid" := false;
end $$;
--> statement-breakpoint
-- Opens one more prompt for a payment that was not paid (of the type `p_type`, if one is named). `earlierMayBePaid`: an earlier prompt can still be paid as well.
create or replace function open_again_1(
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
  if payment.status = 'paid' then perform refuse('already_paid', jsonb_build_object('paymentId', payment.id, 'language', payment.language)); end if;
  if payment.status in ('reversed', 'refunded') then
    perform refuse('payment_returned', jsonb_build_object('paymentId', payment.id, 'language', payment.language, 'status', payment.status,
      'failureCode', payment.failure_code, 'cameAfterAll', case when payment.failure_code = 'refuted' then came_after_all_1(payment.id) end));
  end if;
  -- it was paid by hand, as a notice tells that waits for proof: who answers a prompt as well pays twice
  if exists (select from deposits h where h.payment_id = payment.id and h.held_until = 'infinity' and h.allocated_at is null and h.merged_into is null
    and h.refuted_at is null and h.amount_cents >= payment.amount_cents) then
    perform refuse('payment_being_checked', jsonb_build_object('paymentId', payment.id, 'language', payment.language));
  end if;
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
-- Makes a booking and the payment of its fee, by the price list. A visitor's booking is counted (`p_network`), the organisation's own is not. Whatever refuses undoes
-- everything.
create or replace function create_booking_1(
  p_sku text, p_payment jsonb, p_references text[], p_booking jsonb, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz
) returns void language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
  booking bookings := jsonb_populate_record(null::bookings, p_booking);
  item items;
begin
  perform claim_key_2(p_scope, p_key, p_fingerprint, payment.id, payment.id, p_now);
  select * into item from items i where i.sku = p_sku and i.active;
  if item.kind is distinct from 'booking_fee' then perform refuse('unknown_item', jsonb_build_object('skus', array[p_sku], 'kind', item.kind)); end if;
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
create trigger evidence_is_kept before update or delete on evidence for each row execute function refuse_evidence_change_1();
--> statement-breakpoint
create trigger evidence_is_not_emptied before truncate on evidence for each statement execute function refuse_evidence_change_1();
--> statement-breakpoint
create trigger accounts_are_not_emptied before truncate on accounts for each statement execute function refuse_account_change_1();
