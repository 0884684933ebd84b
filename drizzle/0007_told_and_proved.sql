-- What is told and what is proved of a movement, and how a receipt and a prompt were found to be one.
CREATE TABLE "pulls" (
	"shortcode" text PRIMARY KEY NOT NULL,
	"complete_until" timestamp with time zone,
	"asked_at" timestamp with time zone NOT NULL,
	"swept_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "deposits" DROP CONSTRAINT "deposits_source";--> statement-breakpoint
ALTER TABLE "deposits" DROP CONSTRAINT "deposits_receipt_or_attempt";--> statement-breakpoint
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_debit_account_accounts_id_fk";
--> statement-breakpoint
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_credit_account_accounts_id_fk";
--> statement-breakpoint
DROP INDEX "evidence_received";--> statement-breakpoint
DROP INDEX "payments_open";--> statement-breakpoint
DROP INDEX "deposits_without_receipt";--> statement-breakpoint
DROP INDEX "deposits_unconfirmed";--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "payable_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "told_receipt" text;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "tied_by" text;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "shortcode" text;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "payer_hash" text;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "payer_tail" text;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "standing" text;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "may_echo" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "receipt_proved_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "echo_of" uuid;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "held_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "merged_into" uuid;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "refuted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "taken_back_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "moved_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deposits" ADD CONSTRAINT "deposits_echo_of_attempts_id_fk" FOREIGN KEY ("echo_of") REFERENCES "public"."attempts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deposits" ADD CONSTRAINT "deposits_tied_by" CHECK ("deposits"."tied_by" in ('callback', 'reference', 'payer', 'time'));--> statement-breakpoint
ALTER TABLE "deposits" ADD CONSTRAINT "deposits_source" CHECK ("deposits"."source" in ('stk', 'c2b', 'pull', 'statement', 'status'));--> statement-breakpoint
ALTER TABLE "deposits" ADD CONSTRAINT "deposits_receipt_or_attempt" CHECK ("deposits"."receipt" is not null or "deposits"."attempt_id" is not null or "deposits"."merged_into" is not null or "deposits"."refuted_at" is not null);