-- Nobody reads by these any more. What else the snapshot drops here is built by the files in drizzle/concurrently.
DROP INDEX "payouts_history";--> statement-breakpoint
DROP INDEX "audit_subject";--> statement-breakpoint
DROP INDEX "attempts_unsettled";--> statement-breakpoint
-- Room on each page for what a payment becomes: then no index hears of it.
ALTER TABLE "payments" SET (fillfactor = 85);
