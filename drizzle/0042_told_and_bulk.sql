-- Files of payments that one approval releases; customers hear what became of their payment, and can stop that.
CREATE TABLE "opt_outs" (
	"channel" text NOT NULL,
	"address_hash" text NOT NULL,
	"opted_out_at" timestamp with time zone NOT NULL,
	CONSTRAINT "opt_outs_pk" PRIMARY KEY("channel","address_hash"),
	CONSTRAINT "opt_outs_channel" CHECK ("opt_outs"."channel" in ('sms', 'email'))
);
--> statement-breakpoint
CREATE TABLE "bulk_lines" (
	"id" uuid PRIMARY KEY NOT NULL,
	"bulk_id" uuid NOT NULL,
	"line" integer NOT NULL,
	"phone" text NOT NULL,
	"phone_hash" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"name" text,
	"own_reference" text,
	"payout_id" uuid,
	"cancelled_at" timestamp with time zone,
	CONSTRAINT "bulk_lines_payout_id_unique" UNIQUE("payout_id"),
	CONSTRAINT "bulk_lines_line" UNIQUE("bulk_id","line")
);
--> statement-breakpoint
CREATE TABLE "bulk_payouts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reference" text NOT NULL,
	"reason" text NOT NULL,
	"hash" text NOT NULL,
	"lines" integer NOT NULL,
	"amount_cents" bigint NOT NULL,
	"state" text NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"cancelled_by" text,
	"cancelled_at" timestamp with time zone,
	CONSTRAINT "bulk_payouts_reference_unique" UNIQUE("reference"),
	CONSTRAINT "bulk_payouts_state" CHECK ("bulk_payouts"."state" in ('requested', 'declined', 'approved', 'started', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "customer_events" (
	"event" text PRIMARY KEY NOT NULL,
	"sms" boolean NOT NULL,
	"email" boolean NOT NULL,
	CONSTRAINT "customer_events_event" CHECK ("customer_events"."event" in ('payment_failed', 'booking_held', 'booking_released', 'booking_refunded', 'booking_expired', 'refund_on_its_way', 'refund_paid'))
);
--> statement-breakpoint
ALTER TABLE "bulk_lines" ADD CONSTRAINT "bulk_lines_bulk_id_bulk_payouts_id_fk" FOREIGN KEY ("bulk_id") REFERENCES "public"."bulk_payouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bulk_lines" ADD CONSTRAINT "bulk_lines_payout_id_payouts_id_fk" FOREIGN KEY ("payout_id") REFERENCES "public"."payouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "bulk_lines_payee" ON "bulk_lines" USING btree ("phone_hash","amount_cents");--> statement-breakpoint
CREATE INDEX "bulk_lines_waiting" ON "bulk_lines" USING btree ("bulk_id","line") WHERE "bulk_lines"."payout_id" is null and "bulk_lines"."cancelled_at" is null;--> statement-breakpoint
CREATE INDEX "bulk_payouts_hash" ON "bulk_payouts" USING btree ("hash","requested_at");--> statement-breakpoint
CREATE INDEX "bulk_payouts_history" ON "bulk_payouts" USING btree ("requested_at","id");
--> statement-breakpoint
-- A line of a bulk payout pays whom and what its approver has read, once: only its payout and its end are ever written, each a single time. The keys and hashes of personal
-- data may be made anew (`phone`, `name`, `own_reference`, `phone_hash`): an approval compares what they say with the hash.
create function keep_bulk_line_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (new.id, new.bulk_id, new.line, new.amount_cents) is distinct from (old.id, old.bulk_id, old.line, old.amount_cents)
    or old.payout_id is not null and new.payout_id is distinct from old.payout_id or old.cancelled_at is not null and new.cancelled_at is distinct from old.cancelled_at
    or new.payout_id is not null and old.payout_id is null and old.cancelled_at is not null then
    raise exception 'A line of a bulk payout is never changed.';
  end if;
  return new;
end $$;
--> statement-breakpoint
CREATE TRIGGER bulk_lines_are_kept BEFORE UPDATE OR DELETE ON bulk_lines FOR EACH ROW EXECUTE FUNCTION keep_bulk_line_1();
--> statement-breakpoint
INSERT INTO customer_events (event, sms, email) VALUES ('payment_failed', false, false), ('booking_held', true, true), ('booking_released', true, true), ('booking_refunded', true, true),
  ('booking_expired', true, true), ('refund_on_its_way', true, true), ('refund_paid', true, true);
--> statement-breakpoint
-- Promises a message that waits for all others, payouts of a file too: outsiders may cause any number of such. Once per key.
create function promise_later_1(p_key text, p_message jsonb, p_due timestamptz) returns void language plpgsql as $$
begin
  insert into outbox (id, dedupe_key, message, urgency, due_at) values (new_id_1(), p_key, p_message, 2, p_due) on conflict (dedupe_key) do nothing;
end $$;
--> statement-breakpoint
-- Promises to tell a customer of an event, by the channels that are on: once per event, subject and cause. What is said, and whether it is still true, is seen when it is sent.
create function tell_customer_1(p_event text, p_subject uuid, p_cause text, p_has_email boolean, p_due timestamptz) returns void language plpgsql as $$
begin
  perform promise_later_1(concat_ws(':', 'customer', p_event, p_subject, p_cause, c.channel),
    jsonb_build_object('kind', 'customer_notice', 'event', p_event, 'subjectId', p_subject, 'channel', c.channel), p_due)
  from customer_events e cross join lateral (values ('sms', e.sms), ('email', e.email and p_has_email)) c (channel, is_on)
  where e.event = p_event and c.is_on;
end $$;
--> statement-breakpoint

-- A prompt that ended without money: two minutes after it can no longer be paid, so that whoever tries again at once hears nothing. The prompt is `new`.
create function tell_failed_prompt_1() returns trigger language plpgsql as $$
begin
  perform tell_customer_1('payment_failed', new.id, null, (select p.email is not null from payments p where p.id = new.payment_id),
    coalesce(new.payable_until, new.created_at + interval '180 seconds') + interval '2 minutes');
  return null;
end $$;
--> statement-breakpoint

-- A booking whose fee is held, decided about or not paid. The time is the booking's own: a moment that has come is due at once. A fee may be held again, after it was found
-- after all.
create function tell_booking_1() returns trigger language plpgsql as $$
begin
  if old.state = 'disputed' and new.state = 'held' then return null; end if; -- reopened: it was held all the time
  perform tell_customer_1('booking_' || new.state, new.id, extract(epoch from coalesce(new.held_at, old.held_at))::text, (select p.email is not null from payments p where p.id = new.id),
    case new.state when 'held' then new.held_at when 'expired' then coalesce(old.held_at, new.expires_at) else new.resolved_at end);
  return null;
end $$;
--> statement-breakpoint

-- A refund or reversal that was approved or paid. M-PESA mostly pays within a minute: then only that it is paid is said.
create function tell_refund_1() returns trigger language plpgsql as $$
begin
  if new.state = 'approved' then
    perform tell_customer_1('refund_on_its_way', new.id, null, true, coalesce(new.decided_at, new.requested_at) + interval '3 minutes');
  else
    perform tell_customer_1('refund_paid', new.id, null, true, coalesce((select max(w.settled_at) from withdrawals w where w.payout_id = new.id), new.decided_at, new.requested_at));
  end if;
  return null;
end $$;
--> statement-breakpoint
-- A prompt that is paid costs no more than the comparison.
CREATE TRIGGER attempts_told AFTER UPDATE OF state ON attempts FOR EACH ROW WHEN (new.state IN ('failed', 'expired') AND old.state IS DISTINCT FROM new.state)
  EXECUTE FUNCTION tell_failed_prompt_1();
--> statement-breakpoint
CREATE TRIGGER bookings_told AFTER UPDATE OF state ON bookings FOR EACH ROW
  WHEN (new.state IN ('held', 'released', 'refunded', 'expired') AND old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION tell_booking_1();
--> statement-breakpoint
CREATE TRIGGER payouts_told AFTER UPDATE OF state ON payouts FOR EACH ROW
  WHEN (new.kind IN ('refund', 'reversal') AND new.state IN ('approved', 'paid') AND old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION tell_refund_1();
--> statement-breakpoint
CREATE TRIGGER payouts_told_by_hand AFTER INSERT ON payouts FOR EACH ROW
  WHEN (new.kind IN ('refund', 'reversal') AND new.state = 'paid') EXECUTE FUNCTION tell_refund_1();
