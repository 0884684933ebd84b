-- What moves the float of an own short code beside customers and payouts: from the bank, to the bank, and what M-PESA takes.
CREATE TABLE "float_entries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"shortcode" text NOT NULL,
	"kind" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"occurred_on" date NOT NULL,
	"occurred_at" timestamp with time zone,
	"note" text,
	"state" text NOT NULL,
	"proved_by" text,
	"asked_by" text NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"booked_at" timestamp with time zone,
	"line_key" text,
	"receipt" text,
	CONSTRAINT "float_entries_line_key_unique" UNIQUE("line_key"),
	CONSTRAINT "float_entries_kind" CHECK ("float_entries"."kind" in ('top_up', 'sweep', 'charge')),
	CONSTRAINT "float_entries_state" CHECK ("float_entries"."state" in ('asked', 'booked', 'rejected')),
	CONSTRAINT "float_entries_positive" CHECK ("float_entries"."amount_cents" > 0),
	CONSTRAINT "float_entries_booked_by_two" CHECK ("float_entries"."state" <> 'booked' or ("float_entries"."decided_by" is not null and "float_entries"."booked_at" is not null))
);
--> statement-breakpoint
CREATE INDEX "float_entries_occurred" ON "float_entries" USING btree ("shortcode","occurred_at") WHERE "float_entries"."state" = 'booked';--> statement-breakpoint
CREATE INDEX "float_entries_history" ON "float_entries" USING btree ("asked_at","id");--> statement-breakpoint
CREATE INDEX "float_entries_receipt" ON "float_entries" USING btree ("receipt") WHERE "float_entries"."receipt" is not null;--> statement-breakpoint
insert into accounts (id, kind, name) values
  ('bank_clearing', 'asset', 'On its way between the bank and M-PESA'),
  ('mpesa_charges', 'expense', 'Charges of M-PESA');
