ALTER TABLE "float_differences" ADD COLUMN "reworked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "float_entries" ADD COLUMN "decision_note" text;--> statement-breakpoint
CREATE INDEX "float_differences_explained" ON "float_differences" USING btree ("shortcode","explained_at") WHERE "float_differences"."explained_at" is not null;--> statement-breakpoint
CREATE INDEX "statements_signed" ON "statements" USING btree ("shortcode","decided_at") WHERE "statements"."state" in ('signed', 'done');