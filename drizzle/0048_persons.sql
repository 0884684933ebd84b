-- Who was anonymised, by an id, so that it can be done again in a restored backup; and how much retention removed, of what, and when.
CREATE TABLE "anonymisations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"person_id" uuid,
	"reason" text NOT NULL,
	"done_by" text NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"kept_until" date,
	CONSTRAINT "anonymisations_subject_unique" UNIQUE("subject")
);
--> statement-breakpoint
CREATE TABLE "retention_removals" (
	"day" date NOT NULL,
	"kind" text NOT NULL,
	"removed" integer NOT NULL,
	"older_than" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	CONSTRAINT "retention_removals_pk" PRIMARY KEY("day","kind"),
	CONSTRAINT "retention_removals_kind" CHECK ("retention_removals"."kind" in ('messages', 'digests', 'inquiries', 'sign_ins', 'sessions', 'limits', 'statements', 'errors', 'webhooks', 'keys'))
);
