-- Until when a changed e-mail takes no sign-in code; the M-PESA code that evidence names, so that a task about it knows whether the code is in the books.
ALTER TABLE "evidence" ADD COLUMN "receipt" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "email_waits_until" timestamp with time zone;