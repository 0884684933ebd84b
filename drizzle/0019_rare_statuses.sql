ALTER TABLE "payments" ADD COLUMN "rare_status" text;--> statement-breakpoint
-- Keeps `payments.rare_status`: the status of what ended as few payments do, so that those are found without reading all.
create function keep_rare_status_1() returns trigger language plpgsql as $$
begin
  new.rare_status := case when new.status in ('expired', 'reversed', 'refunded') then new.status end;
  return new;
end $$;
--> statement-breakpoint
create trigger payments_rare_status before insert or update of status on payments for each row
  when (new.status in ('expired', 'reversed', 'refunded') or new.rare_status is not null) execute function keep_rare_status_1();
--> statement-breakpoint
update payments set rare_status = status where status in ('expired', 'reversed', 'refunded');
