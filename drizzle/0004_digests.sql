CREATE TABLE "digests" (
	"member_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"told_on" date NOT NULL,
	"lead" date NOT NULL,
	"days" date[] NOT NULL,
	"said_at" timestamp with time zone,
	CONSTRAINT "digests_pk" PRIMARY KEY("member_id","channel","told_on"),
	CONSTRAINT "digests_channel" CHECK ("digests"."channel" in ('sms', 'email'))
);
--> statement-breakpoint
ALTER TABLE "digests" ADD CONSTRAINT "digests_member_id_members_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."members"("id") ON DELETE no action ON UPDATE no action;