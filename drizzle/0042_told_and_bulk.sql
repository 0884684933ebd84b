-- Files of payments that one approval releases.
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
ALTER TABLE "bulk_lines" ADD CONSTRAINT "bulk_lines_bulk_id_bulk_payouts_id_fk" FOREIGN KEY ("bulk_id") REFERENCES "public"."bulk_payouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bulk_lines" ADD CONSTRAINT "bulk_lines_payout_id_payouts_id_fk" FOREIGN KEY ("payout_id") REFERENCES "public"."payouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "bulk_lines_payee" ON "bulk_lines" USING btree ("phone_hash","amount_cents");--> statement-breakpoint
CREATE INDEX "bulk_lines_waiting" ON "bulk_lines" USING btree ("bulk_id","line") WHERE "bulk_lines"."payout_id" is null and "bulk_lines"."cancelled_at" is null;--> statement-breakpoint
CREATE INDEX "bulk_payouts_hash" ON "bulk_payouts" USING btree ("hash","requested_at");--> statement-breakpoint
CREATE INDEX "bulk_payouts_history" ON "bulk_payouts" USING btree ("requested_at","id");--> statement-breakpoint
-- A line of a bulk payout pays whom and what its approver has read, once: only its payout and its end are ever written, each a single time. The keys and hashes of personal
-- data may be made anew (`phone`, `name`, `phone_hash`): an approval compares what they say with the hash.
create function keep_bulk_line_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (new.id, new.bulk_id, new.line, new.amount_cents, new.own_reference) is distinct from (old.id, old.bulk_id, old.line, old.amount_cents, old.own_reference)
    or old.payout_id is not null and new.payout_id is distinct from old.payout_id or old.cancelled_at is not null and new.cancelled_at is distinct from old.cancelled_at
    or new.payout_id is not null and old.payout_id is null and old.cancelled_at is not null then
    raise exception 'A line of a bulk payout is never changed.';
  end if;
  return new;
end $$;
--> statement-breakpoint
CREATE TRIGGER bulk_lines_are_kept BEFORE UPDATE OR DELETE ON bulk_lines FOR EACH ROW EXECUTE FUNCTION keep_bulk_line_1();
