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
--> statement-breakpoint
-- Books an entry that was asked for: once, by whoever decides it, against the bank or M-PESA's charges. Whether that person may, and whether a top-up is proved, is for the
-- caller to have judged under the entry's lock. False, and nothing is done, when it is not waiting any more.
create function book_float_entry_1(p_entry uuid, p_decided_by text, p_occurred_at timestamptz, p_proved_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  entry float_entries;
  own text;
begin
  update float_entries set state = 'booked', decided_by = p_decided_by, decided_at = p_now, booked_at = p_now, occurred_at = coalesce(p_occurred_at, occurred_at), proved_by = p_proved_by
  where id = p_entry and state = 'asked' returning * into entry;
  if not found then return false; end if;
  own := own_account_1('paybill_float', entry.shortcode);
  perform book_1(entry.kind, entry.id, 1,
    case entry.kind when 'top_up' then own when 'sweep' then 'bank_clearing' else 'mpesa_charges' end,
    case entry.kind when 'top_up' then 'bank_clearing' else own end, entry.amount_cents, p_now);
  return true;
end $$;
