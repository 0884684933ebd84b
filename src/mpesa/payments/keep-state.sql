-- Keeps `payments.state` equal to `payments.status`, its name in the last release: a write to one of them writes both, and if both are written `state` counts. A row from
-- before `state` gets it with its first change. Also copies the rare states into a column of their own, so that they are found without reading all payments.
create function keep_payment_state_1() returns trigger language plpgsql as $$
begin
  if new.state is null or tg_op = 'UPDATE' and new.state is not distinct from old.state then new.state := new.status; end if;
  new.status := new.state;
  new.rare_state := case when new.state in ('expired', 'reversed', 'refunded') then new.state end;
  new.rare_status := new.rare_state;
  return new;
end $$;
