-- What a restored copy and a new look-up key need: who claimed the copy, and with which keys a site may come in.
CREATE TABLE "detachments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"as_of" timestamp with time zone NOT NULL,
	"detached_at" timestamp with time zone NOT NULL,
	"held_at" timestamp with time zone,
	"claimed_at" timestamp with time zone,
	"claimed_by" text
);
--> statement-breakpoint
CREATE TABLE "lookup_keys" (
	"layer" integer PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"laid_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "withdrawals" ADD COLUMN "tried_at" timestamp with time zone;
--> statement-breakpoint
-- Refuses a site whose look-up keys are not those that the hashes here were made with: it would find nobody, and keep what nobody finds. Where no key was ever laid over the
-- first, one key is right, whichever it is.
create function refuse_other_lookup_key_1(p_layers int, p_fingerprint text) returns void language plpgsql stable as $$
declare
  top lookup_keys;
begin
  select * into top from lookup_keys order by layer desc limit 1;
  if (p_layers = 1 and top.layer is null) or (p_layers = top.layer and p_fingerprint = top.fingerprint) then return; end if;
  raise exception using errcode = 'MP004', message = format(
    'The hashes in this database are made with %s look-up keys, and LOOKUP_KEY here has %s, or another one in front: nothing was read or written.', coalesce(top.layer, 1), p_layers);
end $$;
