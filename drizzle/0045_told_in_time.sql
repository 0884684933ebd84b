-- Until now a dead clock and errors were seen by whoever read the log, and an alert was told by webhook alone.
CREATE TABLE "failures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"kind" text NOT NULL,
	"what" text NOT NULL,
	"error" text NOT NULL,
	"message" text NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"count" integer NOT NULL,
	"request_ids" text[] NOT NULL,
	CONSTRAINT "failures_fingerprint_unique" UNIQUE("fingerprint"),
	CONSTRAINT "failures_kind" CHECK ("failures"."kind" in ('request', 'callback', 'after_answer', 'job', 'forged'))
);
--> statement-breakpoint
CREATE TABLE "minute_mark" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"ended_at" timestamp with time zone NOT NULL,
	"quarter_at" timestamp with time zone,
	CONSTRAINT "minute_mark_only" CHECK ("minute_mark"."is_only")
);
--> statement-breakpoint
ALTER TABLE "reviews" ADD COLUMN "alerted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "reviews" ADD COLUMN "cleared_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "failures_last" ON "failures" USING btree ("last_at","id");--> statement-breakpoint
CREATE INDEX "failures_of_kind" ON "failures" USING btree ("kind","last_at","id");