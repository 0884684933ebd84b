-- Until now people, keys and receipts that Safaricom never told needed production secrets or SQL.
CREATE TABLE "recorded_receipts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"receipt" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"shortcode" text NOT NULL,
	"moved_at" timestamp with time zone NOT NULL,
	"typed_reference" text,
	"payer_phone" text,
	"payer_name" text,
	"reason" text NOT NULL,
	"state" text NOT NULL,
	"recorded_by" text NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"decision_note" text,
	"deposit_id" uuid,
	"body_hash" text,
	CONSTRAINT "recorded_receipts_state" CHECK ("recorded_receipts"."state" in ('asked', 'booked', 'named', 'found', 'rejected')),
	CONSTRAINT "recorded_receipts_positive" CHECK ("recorded_receipts"."amount_cents" > 0),
	CONSTRAINT "recorded_receipts_by_two" CHECK ("recorded_receipts"."state" not in ('booked', 'named') or "recorded_receipts"."decided_by" <> "recorded_receipts"."recorded_by")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"phone_hash" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "maker_left_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "last_used_on" date;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "language" text;--> statement-breakpoint
CREATE UNIQUE INDEX "recorded_receipts_open" ON "recorded_receipts" USING btree ("receipt") WHERE "recorded_receipts"."state" = 'asked';--> statement-breakpoint
CREATE INDEX "recorded_receipts_receipt" ON "recorded_receipts" USING btree ("receipt");--> statement-breakpoint
CREATE INDEX "recorded_receipts_history" ON "recorded_receipts" USING btree ("recorded_at","id");--> statement-breakpoint
CREATE INDEX "people_listed" ON "people" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "sessions_phone" ON "sessions" USING btree ("phone_hash","started_at");--> statement-breakpoint
CREATE INDEX "sessions_end" ON "sessions" USING btree ("ends_at");--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_language" CHECK ("people"."language" in ('en', 'sw')) not valid;--> statement-breakpoint
-- A success gets the receipt that two people have found, while no source has told any. It is a guess, as a match by time: a receipt that Safaricom tells for this success takes its place,
-- and this one then pays nothing (as_freed_1). Not `named` where the receipt is money that we sent or moved ourselves.
create function name_by_people_1(p_deposit uuid, p_receipt text, p_body_hash text, p_body text, p_now timestamptz, out named boolean) language plpgsql as $$
declare
  d deposits;
begin
  named := not (is_paid_out_1(p_receipt) or is_own_money_1(p_receipt));
  if not named then return; end if;
  d.receipt := p_receipt; d.may_echo := false;
  perform keep_evidence_1(p_deposit, 'c2b', p_body_hash, p_body, 'ties', p_now);
  perform name_deposit_2(p_deposit, d, 'time', p_now);
  perform recall_reversed_2(p_receipt, p_now);
end $$;
