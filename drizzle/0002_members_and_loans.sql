CREATE TABLE "instalments" (
	"loan_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"due_on" date NOT NULL,
	"principal_cents" bigint NOT NULL,
	"interest_cents" bigint NOT NULL,
	"fee_cents" bigint NOT NULL,
	"paid_principal_cents" bigint DEFAULT 0 NOT NULL,
	"paid_interest_cents" bigint DEFAULT 0 NOT NULL,
	"paid_fee_cents" bigint DEFAULT 0 NOT NULL,
	"forgiven_cents" bigint DEFAULT 0 NOT NULL,
	"unpaid_cents" bigint GENERATED ALWAYS AS (principal_cents + interest_cents + fee_cents - paid_principal_cents - paid_interest_cents - paid_fee_cents - forgiven_cents) STORED NOT NULL,
	CONSTRAINT "instalments_pk" PRIMARY KEY("loan_id","number"),
	CONSTRAINT "instalments_parts" CHECK ("instalments"."paid_principal_cents" between 0 and "instalments"."principal_cents" and "instalments"."paid_interest_cents" between 0 and "instalments"."interest_cents" - "instalments"."forgiven_cents" and "instalments"."paid_fee_cents" between 0 and "instalments"."fee_cents" and "instalments"."forgiven_cents" >= 0)
);
--> statement-breakpoint
CREATE TABLE "loan_products" (
	"id" uuid PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"method" text NOT NULL,
	"period" text NOT NULL,
	"instalments" integer NOT NULL,
	"interest_basis_points" integer NOT NULL,
	"fee_cents" bigint NOT NULL,
	"fee_basis_points" integer NOT NULL,
	"fee_charged" text NOT NULL,
	"grace_days" integer NOT NULL,
	"penalty_kind" text NOT NULL,
	"penalty_cents" bigint NOT NULL,
	"penalty_basis_points" integer NOT NULL,
	"penalty_frequency" text NOT NULL,
	"penalty_cap_basis_points" integer,
	"in_duplum" boolean NOT NULL,
	"allocation_order" text[] NOT NULL,
	"excess" text NOT NULL,
	"early_settlement" text NOT NULL,
	"min_cents" bigint NOT NULL,
	"max_cents" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"retired_at" timestamp with time zone,
	CONSTRAINT "loan_products_method" CHECK ("loan_products"."method" in ('flat', 'reducing')),
	CONSTRAINT "loan_products_period" CHECK ("loan_products"."period" in ('week', 'month')),
	CONSTRAINT "loan_products_instalments" CHECK ("loan_products"."instalments" between 1 and 120),
	CONSTRAINT "loan_products_rates" CHECK ("loan_products"."interest_basis_points" between 0 and 10000 and "loan_products"."fee_basis_points" between 0 and 10000),
	CONSTRAINT "loan_products_amounts" CHECK ("loan_products"."fee_cents" >= 0 and "loan_products"."min_cents" between 100 and "loan_products"."max_cents"),
	CONSTRAINT "loan_products_penalty" CHECK ("loan_products"."grace_days" between 0 and 365 and "loan_products"."penalty_cents" >= 0 and "loan_products"."penalty_basis_points" between 0 and 10000)
);
--> statement-breakpoint
CREATE TABLE "loans" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reference" text NOT NULL,
	"member_id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"principal_cents" bigint NOT NULL,
	"fee_cents" bigint NOT NULL,
	"reason" text,
	"state" text NOT NULL,
	"applied_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"decision_note" text,
	"disbursed_on" date,
	"closed_at" timestamp with time zone,
	"worked_out_to" date,
	"settles_until" timestamp with time zone,
	CONSTRAINT "loans_reference_unique" UNIQUE("reference"),
	CONSTRAINT "loans_state" CHECK ("loans"."state" in ('submitted', 'approved', 'rejected', 'withdrawn', 'disbursing', 'active', 'closed')),
	CONSTRAINT "loans_whole_shillings" CHECK ("loans"."principal_cents" > 0 and "loans"."principal_cents" % 100 = 0 and "loans"."fee_cents" >= 0 and "loans"."fee_cents" % 100 = 0)
);
--> statement-breakpoint
CREATE TABLE "penalties" (
	"loan_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"period" integer NOT NULL,
	"charged_on" date NOT NULL,
	"days" integer NOT NULL,
	"base_cents" bigint NOT NULL,
	"amount_cents" bigint NOT NULL,
	"paid_cents" bigint DEFAULT 0 NOT NULL,
	"waived_cents" bigint DEFAULT 0 NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"told_on" date,
	CONSTRAINT "penalties_pk" PRIMARY KEY("loan_id","number","period"),
	CONSTRAINT "penalties_parts" CHECK ("penalties"."paid_cents" >= 0 and "penalties"."waived_cents" >= 0 and "penalties"."paid_cents" + "penalties"."waived_cents" <= "penalties"."amount_cents")
);
--> statement-breakpoint
CREATE TABLE "repayments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"loan_id" uuid NOT NULL,
	"deposit_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"excess_cents" bigint NOT NULL,
	"penalty_cents" bigint NOT NULL,
	"fee_cents" bigint NOT NULL,
	"interest_cents" bigint NOT NULL,
	"principal_cents" bigint NOT NULL,
	"settles" boolean NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"booked_at" timestamp with time zone NOT NULL,
	"reversed_at" timestamp with time zone,
	"reversed_by" text,
	"reversal_note" text,
	CONSTRAINT "repayments_source_id_unique" UNIQUE("source_id"),
	CONSTRAINT "repayments_whole" CHECK ("repayments"."amount_cents" >= 0 and "repayments"."excess_cents" >= 0 and "repayments"."amount_cents" + "repayments"."excess_cents" > 0),
	CONSTRAINT "repayments_parts" CHECK ("repayments"."penalty_cents" + "repayments"."fee_cents" + "repayments"."interest_cents" + "repayments"."principal_cents" = "repayments"."amount_cents")
);
--> statement-breakpoint
CREATE TABLE "waivers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"loan_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"period" integer NOT NULL,
	"amount_cents" bigint NOT NULL,
	"reason" text NOT NULL,
	"state" text NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	CONSTRAINT "waivers_state" CHECK ("waivers"."state" in ('requested', 'approved', 'declined')),
	CONSTRAINT "waivers_positive" CHECK ("waivers"."amount_cents" > 0)
);
--> statement-breakpoint
CREATE TABLE "member_accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"reference" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	CONSTRAINT "member_accounts_reference_unique" UNIQUE("reference"),
	CONSTRAINT "member_accounts_kind" UNIQUE("member_id","kind"),
	CONSTRAINT "member_accounts_kind_known" CHECK ("member_accounts"."kind" in ('savings'))
);
--> statement-breakpoint
CREATE TABLE "members" (
	"id" uuid PRIMARY KEY NOT NULL,
	"number" integer GENERATED ALWAYS AS IDENTITY (sequence name "members_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"person_id" uuid NOT NULL,
	"national_id" text NOT NULL,
	"national_id_hash" text NOT NULL,
	"born_on" text NOT NULL,
	"kra_pin" text,
	"address" text,
	"next_of_kin" text,
	"language" text NOT NULL,
	"sms_opt_out_at" timestamp with time zone,
	"email_opt_out_at" timestamp with time zone,
	"joined_at" timestamp with time zone NOT NULL,
	CONSTRAINT "members_number_unique" UNIQUE("number"),
	CONSTRAINT "members_person_id_unique" UNIQUE("person_id"),
	CONSTRAINT "members_national_id_hash_unique" UNIQUE("national_id_hash"),
	CONSTRAINT "members_language" CHECK ("members"."language" in ('en', 'sw'))
);
--> statement-breakpoint
CREATE TABLE "unmatches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"deposit_id" uuid NOT NULL,
	"amount_cents" bigint NOT NULL,
	"unmatched_by" text NOT NULL,
	"unmatched_at" timestamp with time zone NOT NULL,
	CONSTRAINT "unmatches_positive" CHECK ("unmatches"."amount_cents" > 0)
);
--> statement-breakpoint
CREATE TABLE "standing_references" (
	"typed" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "standing_references_kind" CHECK ("standing_references"."kind" in ('loan', 'savings'))
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"job" text NOT NULL,
	"as_of" date NOT NULL,
	"cursor" text NOT NULL,
	"written" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "runs_pk" PRIMARY KEY("job","as_of")
);
--> statement-breakpoint
DROP INDEX "outbox_due";--> statement-breakpoint
ALTER TABLE "matches" ALTER COLUMN "payment_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "parent" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "urgency" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "matches" ADD COLUMN "standing_reference" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "phone_verified_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "instalments" ADD CONSTRAINT "instalments_loan_id_loans_id_fk" FOREIGN KEY ("loan_id") REFERENCES "public"."loans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loans" ADD CONSTRAINT "loans_member_id_members_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."members"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loans" ADD CONSTRAINT "loans_product_id_loan_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."loan_products"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "penalties" ADD CONSTRAINT "penalties_loan_id_loans_id_fk" FOREIGN KEY ("loan_id") REFERENCES "public"."loans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repayments" ADD CONSTRAINT "repayments_loan_id_loans_id_fk" FOREIGN KEY ("loan_id") REFERENCES "public"."loans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repayments" ADD CONSTRAINT "repayments_deposit_id_deposits_id_fk" FOREIGN KEY ("deposit_id") REFERENCES "public"."deposits"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waivers" ADD CONSTRAINT "waivers_loan_id_loans_id_fk" FOREIGN KEY ("loan_id") REFERENCES "public"."loans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "member_accounts" ADD CONSTRAINT "member_accounts_member_id_members_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."members"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unmatches" ADD CONSTRAINT "unmatches_deposit_id_deposits_id_fk" FOREIGN KEY ("deposit_id") REFERENCES "public"."deposits"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "instalments_open" ON "instalments" USING btree ("loan_id","due_on") WHERE "instalments"."unpaid_cents" > 0;--> statement-breakpoint
CREATE INDEX "instalments_due" ON "instalments" USING btree ("due_on","loan_id") WHERE "instalments"."unpaid_cents" > 0;--> statement-breakpoint
CREATE UNIQUE INDEX "loan_products_code" ON "loan_products" USING btree ("code") WHERE "loan_products"."retired_at" is null;--> statement-breakpoint
CREATE INDEX "loans_member" ON "loans" USING btree ("member_id","applied_at");--> statement-breakpoint
CREATE INDEX "loans_history" ON "loans" USING btree ("applied_at","id");--> statement-breakpoint
CREATE INDEX "loans_active" ON "loans" USING btree ("id") WHERE "loans"."state" = 'active';--> statement-breakpoint
CREATE INDEX "repayments_loan" ON "repayments" USING btree ("loan_id","received_at");--> statement-breakpoint
CREATE INDEX "waivers_loan" ON "waivers" USING btree ("loan_id");--> statement-breakpoint
CREATE INDEX "unmatches_deposit" ON "unmatches" USING btree ("deposit_id");--> statement-breakpoint
CREATE INDEX "standing_references_subject" ON "standing_references" USING btree ("subject_id");--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_parent_accounts_id_fk" FOREIGN KEY ("parent") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "outbox_next" ON "outbox" USING btree ("urgency","due_at") WHERE "outbox"."sent_at" is null and "outbox"."dead_at" is null;--> statement-breakpoint
ALTER TABLE "matches" ADD CONSTRAINT "matches_one_target" CHECK (("matches"."payment_id" is null) <> ("matches"."standing_reference" is null));