CREATE TABLE "audit" (
	"id" uuid PRIMARY KEY NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"request_id" text,
	"happened_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"secret_hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "ended_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"ends_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bookings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"provider_phone" text,
	"provider_phone_hash" text,
	"expires_at" timestamp with time zone NOT NULL,
	"held_at" timestamp with time zone,
	"resolved_at" timestamp with time zone,
	"auto_to" text,
	"auto_keep_cents" bigint,
	"auto_after_hours" integer,
	"auto_resolve_at" timestamp with time zone,
	"income_cents" bigint,
	"payout_id" uuid,
	CONSTRAINT "bookings_state" CHECK ("bookings"."state" in ('created', 'held', 'released', 'refunded', 'expired', 'disputed')),
	CONSTRAINT "bookings_auto_to" CHECK ("bookings"."auto_to" in ('income', 'provider', 'payer')),
	CONSTRAINT "bookings_decided_once" CHECK (("bookings"."state" in ('released', 'refunded')) = ("bookings"."resolved_at" is not null and "bookings"."income_cents" is not null)),
	CONSTRAINT "bookings_due_is_held" CHECK ("bookings"."auto_resolve_at" is null or "bookings"."state" = 'held')
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"owner_id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"status" integer,
	"body" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "evidence" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject_id" uuid,
	"source" text NOT NULL,
	"body_hash" text NOT NULL,
	"body" text NOT NULL,
	"verdict" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "evidence_once" UNIQUE NULLS NOT DISTINCT("subject_id","source","body_hash")
);
--> statement-breakpoint
CREATE TABLE "float_balances" (
	"id" uuid PRIMARY KEY NOT NULL,
	"inquiry_id" uuid NOT NULL,
	"account" text NOT NULL,
	"currency" text NOT NULL,
	"current_cents" bigint NOT NULL,
	"available_cents" bigint NOT NULL,
	"reserved_cents" bigint,
	"uncleared_cents" bigint,
	"told_at" timestamp with time zone NOT NULL,
	CONSTRAINT "float_balances_once" UNIQUE("inquiry_id","account")
);
--> statement-breakpoint
CREATE TABLE "inquiries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"asked_by" text NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"shortcode" text NOT NULL,
	"receipt" text,
	"originator_conversation_id" text,
	"conversation_id" text,
	"refusal" text,
	"answered_at" timestamp with time zone,
	"says" text,
	"result_code" text,
	"told_status" text,
	"told_receipt" text,
	"told_cents" bigint,
	"debit_party" text,
	"credit_party" text,
	"reason_type" text,
	"finalised_at" timestamp with time zone,
	"ledger_cents" bigint,
	CONSTRAINT "inquiries_kind_known" CHECK ("inquiries"."kind" in ('transaction-status', 'account-balance')),
	CONSTRAINT "inquiries_state" CHECK ("inquiries"."state" in ('asked', 'timed_out', 'refused', 'answered'))
);
--> statement-breakpoint
CREATE TABLE "invoice_counters" (
	"kind" text NOT NULL,
	"year" integer NOT NULL,
	"last" integer NOT NULL,
	CONSTRAINT "invoice_counters_kind_year_pk" PRIMARY KEY("kind","year")
);
--> statement-breakpoint
CREATE TABLE "invoices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"payment_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"credits_id" uuid,
	"year" integer,
	"sequence" integer,
	"issued_at" timestamp with time zone,
	"lines" jsonb NOT NULL,
	"vat" jsonb NOT NULL,
	"total_cents" bigint NOT NULL,
	"rounding_cents" bigint NOT NULL,
	"control_unit" jsonb,
	"sent_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invoices_number" UNIQUE("kind","year","sequence")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	CONSTRAINT "accounts_kind" CHECK ("accounts"."kind" in ('asset', 'liability', 'income', 'expense'))
);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"source_id" text NOT NULL,
	"leg" integer NOT NULL,
	"debit_account" text NOT NULL,
	"credit_account" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"booked_at" timestamp with time zone NOT NULL,
	CONSTRAINT "transfers_once" UNIQUE("kind","source_id","leg"),
	CONSTRAINT "transfers_positive" CHECK ("transfers"."amount_cents" > 0),
	CONSTRAINT "transfers_two_accounts" CHECK ("transfers"."debit_account" <> "transfers"."credit_account")
);
--> statement-breakpoint
CREATE TABLE "counters" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "recent_times" (
	"key" text PRIMARY KEY NOT NULL,
	"times" timestamp with time zone[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "items" (
	"sku" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"price_cents" bigint,
	"min_cents" bigint,
	"max_cents" bigint,
	"vat_class" text NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "items_kind" CHECK ("items"."kind" in ('product', 'booking_fee', 'donation')),
	CONSTRAINT "items_vat_class" CHECK ("items"."vat_class" in ('A', 'B', 'C', 'D', 'E')),
	CONSTRAINT "items_price" CHECK (("items"."kind" = 'donation' and "items"."min_cents" > 0 and "items"."max_cents" >= "items"."min_cents") or ("items"."kind" <> 'donation' and "items"."price_cents" > 0))
);
--> statement-breakpoint
CREATE TABLE "vat_rates" (
	"vat_class" text NOT NULL,
	"valid_from" date NOT NULL,
	"basis_points" integer NOT NULL,
	CONSTRAINT "vat_rates_vat_class_valid_from_pk" PRIMARY KEY("vat_class","valid_from")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"dedupe_key" text NOT NULL,
	"message" jsonb NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	"dead_at" timestamp with time zone,
	"last_error" text,
	CONSTRAINT "outbox_dedupe_key_unique" UNIQUE("dedupe_key")
);
--> statement-breakpoint
CREATE TABLE "matches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"deposit_id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"amount_cents" bigint NOT NULL,
	"matched_by" text NOT NULL,
	"matched_at" timestamp with time zone NOT NULL,
	CONSTRAINT "matches_payment" UNIQUE("payment_id"),
	CONSTRAINT "matches_positive" CHECK ("matches"."amount_cents" > 0)
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"payment_id" uuid NOT NULL,
	"phone_hash" text NOT NULL,
	"phone_tail" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"state" text NOT NULL,
	"live" boolean DEFAULT true NOT NULL,
	"live_until" timestamp with time zone NOT NULL,
	"checkout_request_id" text,
	"checkout_hash" text,
	"receipt" text,
	"result_code" text,
	"queries" integer DEFAULT 0 NOT NULL,
	"query_due_at" timestamp with time zone,
	"queried_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "attempts_checkout_hash_unique" UNIQUE("checkout_hash"),
	CONSTRAINT "attempts_state" CHECK ("attempts"."state" in ('requested', 'pending', 'unknown', 'paid', 'failed', 'expired')),
	CONSTRAINT "attempts_live_is_open" CHECK (not "attempts"."live" or "attempts"."state" in ('requested', 'pending', 'unknown'))
);
--> statement-breakpoint
CREATE TABLE "deposits" (
	"id" uuid PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"attempt_id" uuid,
	"payment_id" uuid,
	"amount_cents" bigint NOT NULL,
	"receipt" text,
	"typed_reference" text,
	"payer_name" text,
	"payer_phone" text,
	"confirmed_at" timestamp with time zone,
	"confirmation_tries" integer DEFAULT 0 NOT NULL,
	"confirmation_due_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"settled_at" timestamp with time zone NOT NULL,
	"allocated_at" timestamp with time zone,
	"allocation_tries" integer DEFAULT 0 NOT NULL,
	"allocation_due_at" timestamp with time zone,
	CONSTRAINT "deposits_attempt_id_unique" UNIQUE("attempt_id"),
	CONSTRAINT "deposits_receipt_unique" UNIQUE("receipt"),
	CONSTRAINT "deposits_source" CHECK ("deposits"."source" in ('stk', 'c2b')),
	CONSTRAINT "deposits_receipt_or_attempt" CHECK ("deposits"."receipt" is not null or "deposits"."attempt_id" is not null)
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reference" text NOT NULL,
	"purpose" text NOT NULL,
	"subject" text,
	"caller" text NOT NULL,
	"external_reference" text,
	"metadata" jsonb,
	"lines" jsonb NOT NULL,
	"language" text NOT NULL,
	"phone" text NOT NULL,
	"phone_hash" text NOT NULL,
	"email" text,
	"email_hash" text,
	"name" text,
	"owed_cents" bigint NOT NULL,
	"amount_cents" bigint NOT NULL,
	"status" text NOT NULL,
	"failure_code" text,
	"latest_attempt_id" uuid,
	"counted_deposit_id" uuid,
	"deposits_version" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "payments_reference_unique" UNIQUE("reference"),
	CONSTRAINT "payments_status" CHECK ("payments"."status" in ('pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded')),
	CONSTRAINT "payments_whole_shillings" CHECK ("payments"."amount_cents" > 0 and "payments"."amount_cents" % 100 = 0),
	CONSTRAINT "payments_rounded_up" CHECK ("payments"."amount_cents" - "payments"."owed_cents" between 0 and 99)
);
--> statement-breakpoint
CREATE TABLE "payouts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reference" text NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"subject" text,
	"payment_id" uuid,
	"source_account" text NOT NULL,
	"phone" text,
	"phone_hash" text,
	"bank_reference" text,
	"amount_cents" bigint NOT NULL,
	"parts_cents" bigint[] NOT NULL,
	"state" text NOT NULL,
	"caller" text NOT NULL,
	"external_reference" text,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	CONSTRAINT "payouts_reference_unique" UNIQUE("reference"),
	CONSTRAINT "payouts_state" CHECK ("payouts"."state" in ('requested', 'declined', 'approved', 'partly_paid', 'paid', 'rejected')),
	CONSTRAINT "payouts_positive" CHECK ("payouts"."amount_cents" > 0)
);
--> statement-breakpoint
CREATE TABLE "stops" (
	"name" text PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"stopped_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "withdrawals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"payout_id" uuid NOT NULL,
	"part" integer NOT NULL,
	"amount_cents" bigint NOT NULL,
	"state" text NOT NULL,
	"conversation_id" text,
	"originator_conversation_id" text,
	"receipt" text,
	"result_code" text,
	"dispatched_at" timestamp with time zone,
	"query_due_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	CONSTRAINT "withdrawals_conversation_id_unique" UNIQUE("conversation_id"),
	CONSTRAINT "withdrawals_receipt_unique" UNIQUE("receipt"),
	CONSTRAINT "withdrawals_part" UNIQUE("payout_id","part"),
	CONSTRAINT "withdrawals_state" CHECK ("withdrawals"."state" in ('reserved', 'dispatched', 'unknown', 'paid', 'rejected')),
	CONSTRAINT "withdrawals_within_limits" CHECK ("withdrawals"."amount_cents" between 100 and 25000000 and "withdrawals"."amount_cents" % 100 = 0)
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" uuid PRIMARY KEY NOT NULL,
	"phone" text NOT NULL,
	"phone_hash" text NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"role" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"disabled_at" timestamp with time zone,
	CONSTRAINT "people_phone_hash_unique" UNIQUE("phone_hash"),
	CONSTRAINT "people_role" CHECK ("people"."role" in ('member', 'treasurer', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "sign_in_codes" (
	"phone_hash" text PRIMARY KEY NOT NULL,
	"id" uuid NOT NULL,
	"code_hash" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "reviews" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"closed_by" text,
	"note" text
);
--> statement-breakpoint
CREATE TABLE "provider_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"token" text,
	"expires_at" timestamp with time zone,
	"claimed_until" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_id_payments_id_fk" FOREIGN KEY ("id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_payout_id_payouts_id_fk" FOREIGN KEY ("payout_id") REFERENCES "public"."payouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "float_balances" ADD CONSTRAINT "float_balances_inquiry_id_inquiries_id_fk" FOREIGN KEY ("inquiry_id") REFERENCES "public"."inquiries"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_debit_account_accounts_id_fk" FOREIGN KEY ("debit_account") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_credit_account_accounts_id_fk" FOREIGN KEY ("credit_account") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "matches" ADD CONSTRAINT "matches_deposit_id_deposits_id_fk" FOREIGN KEY ("deposit_id") REFERENCES "public"."deposits"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "matches" ADD CONSTRAINT "matches_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deposits" ADD CONSTRAINT "deposits_attempt_id_attempts_id_fk" FOREIGN KEY ("attempt_id") REFERENCES "public"."attempts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deposits" ADD CONSTRAINT "deposits_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_source_account_accounts_id_fk" FOREIGN KEY ("source_account") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "withdrawals" ADD CONSTRAINT "withdrawals_payout_id_payouts_id_fk" FOREIGN KEY ("payout_id") REFERENCES "public"."payouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "bookings_expiry" ON "bookings" USING btree ("expires_at") WHERE "bookings"."state" = 'created';--> statement-breakpoint
CREATE INDEX "bookings_due" ON "bookings" USING btree ("auto_resolve_at") WHERE "bookings"."auto_resolve_at" is not null;--> statement-breakpoint
CREATE INDEX "idempotency_keys_created" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "evidence_received" ON "evidence" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "float_balances_account" ON "float_balances" USING btree ("account","inquiry_id");--> statement-breakpoint
CREATE INDEX "inquiries_kind" ON "inquiries" USING btree ("kind","asked_at");--> statement-breakpoint
CREATE INDEX "inquiries_conversation" ON "inquiries" USING btree ("conversation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "invoices_payment" ON "invoices" USING btree ("payment_id") WHERE "invoices"."kind" <> 'credit_note';--> statement-breakpoint
CREATE INDEX "invoices_unnumbered" ON "invoices" USING btree ("created_at") WHERE "invoices"."sequence" is null;--> statement-breakpoint
CREATE INDEX "transfers_debit" ON "transfers" USING btree ("debit_account");--> statement-breakpoint
CREATE INDEX "transfers_credit" ON "transfers" USING btree ("credit_account");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("due_at") WHERE "outbox"."sent_at" is null and "outbox"."dead_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_dead" ON "outbox" USING btree ("dead_at") WHERE "outbox"."dead_at" is not null;--> statement-breakpoint
CREATE INDEX "matches_deposit" ON "matches" USING btree ("deposit_id");--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_live_phone" ON "attempts" USING btree ("phone_hash") WHERE "attempts"."live";--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_live_payment" ON "attempts" USING btree ("payment_id") WHERE "attempts"."live";--> statement-breakpoint
CREATE INDEX "attempts_payment" ON "attempts" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "attempts_query_due" ON "attempts" USING btree ("query_due_at") WHERE "attempts"."query_due_at" is not null;--> statement-breakpoint
CREATE INDEX "attempts_unsettled" ON "attempts" USING btree ("created_at") WHERE "attempts"."state" in ('requested', 'pending', 'unknown', 'expired');--> statement-breakpoint
CREATE INDEX "deposits_payment" ON "deposits" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "deposits_waiting" ON "deposits" USING btree ("allocation_due_at") WHERE "deposits"."allocated_at" is null;--> statement-breakpoint
CREATE INDEX "deposits_without_receipt" ON "deposits" USING btree ("settled_at") WHERE "deposits"."receipt" is null;--> statement-breakpoint
CREATE INDEX "deposits_unconfirmed" ON "deposits" USING btree ("settled_at") WHERE "deposits"."confirmed_at" is null;--> statement-breakpoint
CREATE INDEX "deposits_confirmation_due" ON "deposits" USING btree ("confirmation_due_at") WHERE "deposits"."confirmation_due_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_external_reference" ON "payments" USING btree ("caller","external_reference") WHERE "payments"."external_reference" is not null;--> statement-breakpoint
CREATE INDEX "payments_phone" ON "payments" USING btree ("phone_hash","created_at");--> statement-breakpoint
CREATE INDEX "payments_email" ON "payments" USING btree ("email_hash","created_at") WHERE "payments"."email_hash" is not null;--> statement-breakpoint
CREATE INDEX "payments_history" ON "payments" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "payments_open" ON "payments" USING btree ("amount_cents","created_at") WHERE "payments"."status" in ('pending', 'unknown', 'failed', 'expired');--> statement-breakpoint
CREATE UNIQUE INDEX "payouts_external_reference" ON "payouts" USING btree ("caller","external_reference") WHERE "payouts"."external_reference" is not null;--> statement-breakpoint
CREATE INDEX "payouts_history" ON "payouts" USING btree ("requested_at","id");--> statement-breakpoint
CREATE INDEX "withdrawals_query_due" ON "withdrawals" USING btree ("query_due_at") WHERE "withdrawals"."query_due_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "reviews_open" ON "reviews" USING btree ("kind","subject") WHERE "reviews"."closed_at" is null;