-- The organisation's own server is told of what the audit trail says; what no row of it said yet gets one where it happens.
CREATE TABLE "webhook_deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"state" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"first_tried_at" timestamp with time zone,
	"tried_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"answer_status" integer,
	"answer" text,
	"error" text,
	"took_ms" integer,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "webhook_deliveries_once" UNIQUE("endpoint_id","event_id"),
	CONSTRAINT "webhook_deliveries_state" CHECK ("webhook_deliveries"."state" in ('waiting', 'delivered', 'given_up'))
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"events" text[] NOT NULL,
	"secret" text NOT NULL,
	"earlier_secret" text,
	"earlier_until" timestamp with time zone,
	"enabled" boolean DEFAULT true NOT NULL,
	"disabled_at" timestamp with time zone,
	"failing_since" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"paused_until" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "webhook_endpoints_disabled" CHECK ("webhook_endpoints"."enabled" = ("webhook_endpoints"."disabled_at" is null))
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"subject_id" uuid,
	"happened_at" timestamp with time zone NOT NULL,
	"shared_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_endpoint_id_webhook_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."webhook_endpoints"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_event_id_webhook_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."webhook_events"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" USING btree ("endpoint_id","due_at") WHERE "webhook_deliveries"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_given_up" ON "webhook_deliveries" USING btree ("endpoint_id","id") WHERE "webhook_deliveries"."state" = 'given_up';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_history" ON "webhook_deliveries" USING btree ("endpoint_id","created_at","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_event" ON "webhook_deliveries" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "webhook_events_waiting" ON "webhook_events" USING btree ("id") WHERE "webhook_events"."shared_at" is null;--> statement-breakpoint
CREATE INDEX "webhook_events_happened" ON "webhook_events" USING btree ("happened_at","id");--> statement-breakpoint
CREATE INDEX "webhook_events_shared" ON "webhook_events" USING btree ("shared_at") WHERE "webhook_events"."shared_at" is not null;
--> statement-breakpoint
-- Settles what a callback or a query says about an attempt: evidence, states, the movement and its booking, task and audit. Safe to repeat, in any order, from any
-- source: states only move up, a movement is booked once, and what disagrees with what was asked is quarantined.
create function settle_stk_3(
  p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text,
  p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz,
  out "paymentId" uuid, out "depositId" uuid, out verdict text, out duplicate boolean
) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  named text; -- the receipt that this success has, proved (callback) or not
  of_group boolean := false; -- whether it takes the lock of its amount: it may tie receipts and prompts to each other
begin
  select * into attempt from attempts where id = p_attempt;
  named := coalesce(p_receipt, attempt.told_receipt);
  -- money cannot have moved before it was asked for; a stamp that says so is no value date
  p_moved_at := case when p_moved_at >= attempt.created_at - interval '10 minutes' then least(p_moved_at, p_now) end;
  if p_says = 'paid' then
    of_group := p_source = 'query' or attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt);
    if of_group then perform lock_group_1(attempt.amount_cents); end if;
    perform lock_receipt_1(named);
  end if;
  perform from payments where id in (attempt.payment_id, (select d.payment_id from deposits d where d.receipt = named and p_says = 'paid')) order by id for update;
  select * into payment from payments where id = attempt.payment_id;
  select * into attempt from attempts where id = p_attempt for update;
  if p_says = 'paid' and (coalesce(p_receipt, attempt.told_receipt) is distinct from named
    or not of_group and (attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt))) then
    -- another source was faster, and what it said asks for other locks: they are taken in one order, so all of it is done again
    raise exception 'Another source has settled this prompt meanwhile.' using errcode = 'serialization_failure';
  end if;
  "paymentId" := payment.id;
  verdict := case when attempt.id is null then 'no_attempt'
    else judge_stk_2(attempt, p_source, p_says, p_final, p_amount, p_phone_hash, p_phone_tail, p_checkout_hash, p_receipt, p_now) end;
  if verdict = 'pays' and attempt.state = 'paid' and (p_receipt is null or attempt.receipt = p_receipt) then verdict := 'known'; end if;
  if verdict = 'pays' and attempt.state = 'paid' then verdict := 'names'; end if; -- nothing new but its receipt
  duplicate := not keep_evidence_1(p_attempt, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'names') then
    "depositId" := take_success_2(attempt, payment, named, p_receipt is not null, p_shortcode, p_moved_at, p_now);
    update attempts set state = 'paid', live = false, receipt = coalesce(receipt, p_receipt), result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unread_payer' then
    -- the prompt is asked about now; the receipt waits for that
    update attempts set told_receipt = p_receipt, query_due_at = case when state = 'paid' then query_due_at else p_now end where id = attempt.id;
    if attempt.state = 'paid' then perform take_success_2(attempt, payment, p_receipt, false, p_shortcode, p_moved_at, p_now); end if;

  elsif verdict = 'fails' then
    update attempts set state = 'failed', live = false, result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    update payments p set state = 'failed', failure_code = p_result_code
    where p.id = payment.id and p.latest_attempt_id = attempt.id and p.state in ('pending', 'unknown', 'failed', 'expired');
    if found and payment.state <> 'failed' then perform record_1('payment_failed', payment.id, payment.state, 'failed', p_now); end if;
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unclear' then
    -- ask Safaricom now
    update attempts set query_due_at = p_now
    where id = attempt.id and p_source = 'callback' and state in ('requested', 'pending', 'unknown', 'expired');

  elsif verdict = 'known' then
    -- its first answer was perhaps lost before the money was allocated
    "depositId" := (select d.id from deposits d where d.attempt_id = p_attempt and d.allocation_due_at is not null and d.held_until is null);

  elsif not duplicate then
    -- a quarantine: what was read before, word for word, asks nobody again
    perform open_task_1('evidence_' || verdict, p_attempt::text, p_now);
    if p_receipt is not null then
      perform promise_1('ask-receipt:' || p_attempt || ':' || p_receipt, jsonb_build_object('kind', 'ask_receipt', 'receipt', p_receipt, 'attemptId', p_attempt), p_now);
    end if;
  end if;
  if verdict in ('pays', 'names', 'unread_payer') then perform recall_reversed_2(named, p_now); end if;
end $$;
--> statement-breakpoint
-- Money that was only told is proved: the audit trail says so of the payment for which it counts.
create function record_proved_1() returns trigger language plpgsql as $$
begin
  perform record_1('payment_proved', p.id, 'told', 'proved', new.confirmed_at) from payments p
  where p.id in (select new.payment_id union select m.payment_id from matches m where m.deposit_id = new.id) and p.counted_deposit_id = new.id and p.state = 'paid';
  return null;
end $$;
--> statement-breakpoint
-- Money came that names nothing of ours.
create function record_unidentified_1() returns trigger language plpgsql as $$
begin
  perform record_1('deposit_unidentified', new.subject::uuid, null, null, new.opened_at);
  return null;
end $$;
--> statement-breakpoint
-- A repayment is booked: the audit trail says so.
create function record_repayment_1() returns trigger language plpgsql as $$
begin
  perform record_by_1('malipo', 'repayment_booked', new.id::text, null, jsonb_build_object('loanId', new.loan_id, 'amountCents', new.amount_cents::text), null, new.booked_at);
  return null;
end $$;
--> statement-breakpoint
-- Which event a row of the audit trail is, and what it is about: nothing for most rows. A public name is never given another meaning (docs/webhooks.md).
create function webhook_event_1(p_action text, p_subject text, p_after jsonb, out event_type text, out about uuid) language sql immutable as $$
  select type, case when type is not null then subject::uuid end from (select
    case p_action
      when 'payment_paid' then 'payment.paid' when 'late_success' then 'payment.paid'
      when 'payment_proved' then 'payment.proved' when 'counted_deposit_changed' then 'payment.proved'
      when 'payment_failed' then 'payment.failed' when 'payment_expired' then 'payment.expired'
      when 'payment_reversed' then 'payment.reversed' when 'payment_reopened' then 'payment.reversed'
      when 'booking_fee_refunded' then 'payment.refunded'
      when 'refund_paid' then case when p_after ->> 'paymentId' is not null then 'payment.refunded' end
      when 'reversal_paid' then case when p_after ->> 'paymentId' is not null then 'payment.refunded' end
      when 'booking_held' then 'booking.held' when 'booking_released' then 'booking.released'
      when 'booking_refunded' then 'booking.refunded' when 'booking_expired' then 'booking.expired'
      when 'payout_paid' then 'payout.paid' when 'payout_rejected' then 'payout.failed' when 'payout_part_rejected' then 'payout.failed' when 'payout_declined' then 'payout.failed'
      when 'invoice_sent' then 'invoice.sent' when 'deposit_unidentified' then 'deposit.unidentified'
      when 'loan_submitted' then 'loan.submitted' when 'loan_approved' then 'loan.approved' when 'loan_rejected' then 'loan.rejected'
      when 'loan_withdrawn' then 'loan.withdrawn' when 'loan_disbursed' then 'loan.disbursed'
      when 'repayment_booked' then 'loan.repaid' when 'repayment_reversed' then 'loan.repayment_reversed'
      when 'loan_closed' then 'loan.closed' when 'loan_reopened' then 'loan.reopened'
      when 'member_joined' then 'member.joined' when 'member_changed' then 'member.changed'
    end as type,
    case when p_action in ('refund_paid', 'reversal_paid') then p_after ->> 'paymentId' else p_subject end as subject
  ) told
$$;
--> statement-breakpoint
-- Keeps the event of a new row of the audit trail, in the same transaction. Without an endpoint it reads one empty table and writes nothing.
create function keep_webhook_event_1() returns trigger language plpgsql as $$
begin
  if exists (select from webhook_endpoints where removed_at is null) then
    insert into webhook_events (id, type, subject_id, happened_at)
    select new.id, e.event_type, e.about, new.happened_at from webhook_event_1(new.action, new.subject, new.after) e where e.event_type is not null
    on conflict (id) do nothing;
  end if;
  return null;
end $$;
--> statement-breakpoint
create trigger deposits_proved after update of confirmed_at on deposits for each row when (old.confirmed_at is null and new.confirmed_at is not null) execute function record_proved_1();
--> statement-breakpoint
create trigger reviews_unidentified after insert on reviews for each row when (new.kind = 'unidentified_deposit') execute function record_unidentified_1();
--> statement-breakpoint
create trigger repayments_recorded after insert on repayments for each row execute function record_repayment_1();
--> statement-breakpoint
create trigger audit_keeps_event after insert on audit for each row execute function keep_webhook_event_1();
--> statement-breakpoint
-- What it found is found by audit_subject, which is built after the migrations: a subject has few rows.
drop index if exists audit_payouts;
