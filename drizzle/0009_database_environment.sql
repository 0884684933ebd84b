CREATE TABLE "database_environment" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"environment" text NOT NULL,
	"claimed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "database_environment_only" CHECK ("database_environment"."is_only"),
	CONSTRAINT "database_environment_known" CHECK ("database_environment"."environment" in ('sandbox', 'production'))
);
--> statement-breakpoint
create trigger database_environment_is_immutable before update or delete on database_environment for each row execute function refuse_change();
--> statement-breakpoint
create trigger database_environment_is_not_emptied before truncate on database_environment for each statement execute function refuse_change();
--> statement-breakpoint
-- Refuses a site of another M-PESA environment, and says to a right one whose the database is. One that nobody has claimed refuses nobody.
create function refuse_other_environment_1(site text) returns text language plpgsql stable as $$
declare
  owner text := (select environment from database_environment);
begin
  if owner <> site then
    raise exception using errcode = 'MP003',
      message = format('This database belongs to the %s environment of M-PESA, and MPESA_ENV is %s: nothing was read or written. Set DATABASE_URL to another database.', owner, site);
  end if;
  return owner;
end $$;
