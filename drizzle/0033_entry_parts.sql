CREATE TABLE "float_entry_parts" (
	"entry_id" uuid NOT NULL,
	"shortcode" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"cents" bigint NOT NULL,
	CONSTRAINT "float_entry_parts_pk" PRIMARY KEY("entry_id","occurred_at"),
	CONSTRAINT "float_entry_parts_positive" CHECK ("float_entry_parts"."cents" > 0)
);
--> statement-breakpoint
ALTER TABLE "float_entry_parts" ADD CONSTRAINT "float_entry_parts_entry_id_float_entries_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."float_entries"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "float_entry_parts_occurred" ON "float_entry_parts" USING btree ("shortcode","occurred_at");