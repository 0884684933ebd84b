CREATE TABLE "unreachable" (
	"channel" text NOT NULL,
	"address_hash" text NOT NULL,
	"reason" text NOT NULL,
	"refused_at" timestamp with time zone NOT NULL,
	CONSTRAINT "unreachable_pk" PRIMARY KEY("channel","address_hash"),
	CONSTRAINT "unreachable_channel" CHECK ("unreachable"."channel" in ('sms', 'email'))
);
--> statement-breakpoint
CREATE TABLE "codes_sent" (
	"phone_hash" text NOT NULL,
	"network_hash" text NOT NULL,
	"id" uuid NOT NULL,
	"code_hash" text NOT NULL,
	"channel" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"signed_in_at" timestamp with time zone,
	CONSTRAINT "codes_sent_pk" PRIMARY KEY("phone_hash","network_hash"),
	CONSTRAINT "codes_sent_channel" CHECK ("codes_sent"."channel" in ('sms', 'email'))
);
--> statement-breakpoint
DROP INDEX "payments_external_reference";--> statement-breakpoint
ALTER TABLE "payouts" ALTER COLUMN "reason" SET DEFAULT '';--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "metadata_sealed" text;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "reason_sealed" text;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_visitor_reference" ON "payments" USING btree ("phone_hash","external_reference") WHERE "payments"."external_reference" is not null and "payments"."caller" = 'public';--> statement-breakpoint
CREATE UNIQUE INDEX "payments_external_reference" ON "payments" USING btree ("caller","external_reference") WHERE "payments"."external_reference" is not null and "payments"."caller" <> 'public';