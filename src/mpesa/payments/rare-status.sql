-- Keeps `payments.rare_status`: the status of what ended as few payments do, so that those are found without reading all.
create function keep_rare_status_1() returns trigger language plpgsql as $$
begin
  new.rare_status := case when new.status in ('expired', 'reversed', 'refunded') then new.status end;
  return new;
end $$;
--> statement-breakpoint
