ALTER TABLE "float_watches" ADD COLUMN "sure_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "float_watches" ADD COLUMN "sure_cents" bigint;--> statement-breakpoint
ALTER TABLE "float_watches" ADD COLUMN "judged_until" timestamp with time zone;