ALTER TABLE "api_keys" ADD COLUMN "created_by" text;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "second_person" boolean DEFAULT false NOT NULL;--> statement-breakpoint
insert into accounts (id, kind, name) values ('receivables', 'asset', 'Owed to us');
