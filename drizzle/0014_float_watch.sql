CREATE TABLE "float_differences" (
	"id" uuid PRIMARY KEY NOT NULL,
	"shortcode" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"since_at" timestamp with time zone NOT NULL,
	"since_cents" bigint NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"first_cents" bigint NOT NULL,
	"second_at" timestamp with time zone NOT NULL,
	"second_cents" bigint NOT NULL,
	"found_at" timestamp with time zone NOT NULL,
	"explained_at" timestamp with time zone,
	"accepted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "float_watches" (
	"shortcode" text PRIMARY KEY NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"opening_cents" bigint NOT NULL,
	"anchor_at" timestamp with time zone NOT NULL,
	"anchor_cents" bigint NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"looked_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "float_differences_open" ON "float_differences" USING btree ("shortcode") WHERE "float_differences"."explained_at" is null and "float_differences"."accepted_at" is null;