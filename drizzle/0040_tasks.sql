-- Who has a task, and what people write about it: until now people read and closed tasks by SQL.
CREATE TABLE "task_notes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"review_id" uuid NOT NULL,
	"written_by" text NOT NULL,
	"written_at" timestamp with time zone NOT NULL,
	"note" text NOT NULL,
	"closes" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
ALTER TABLE "reviews" ADD COLUMN "assignee" uuid;--> statement-breakpoint
ALTER TABLE "task_notes" ADD CONSTRAINT "task_notes_review_id_reviews_id_fk" FOREIGN KEY ("review_id") REFERENCES "public"."reviews"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "task_notes_review" ON "task_notes" USING btree ("review_id","written_at");