-- Opens a movement and books it: `paybill float -> clearing` if it is proved, `paybill told -> clearing` if it is only told.
create function open_deposit_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  d.confirmation_tries := 0; d.allocation_tries := 0; d.version := 0; d.may_echo := coalesce(d.may_echo, false);
  insert into deposits select d.*;
  perform book_1('mpesa_in', d.id, 1, arrived_in_1(d), 'clearing', d.amount_cents, p_now);
end $$;
--> statement-breakpoint

-- The money of a deposit is proved (what proves it: settle-receipt.sql, take-success.sql; by which ways: ground/config/ways-to-prove.ts): it moves from what is told to the
-- float. Proof that comes after it was taken back opens the movement again.
create function prove_money_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  again deposits;
begin
  select * into d from deposits where id = p_deposit;
  if d.confirmed_at is not null then return; end if;
  if d.taken_back_at is null then
    update deposits set confirmed_at = p_now, refuted_at = null, confirmation_due_at = case when receipt_proved_at is null then confirmation_due_at end,
      held_until = case when held_until = 'infinity' then p_now else held_until end,
      allocation_due_at = case when held_until = 'infinity' then p_now else allocation_due_at end
    where id = d.id;
    if d.shortcode is not null then
      perform book_1('proved', d.id, next_leg_1('proved', d.id), own_account_1('paybill_float', d.shortcode), own_account_1('paybill_told', d.shortcode), d.amount_cents, p_now);
    end if;
    perform tell_closed_2(d.id, p_now);
    perform close_tasks_1(array['deposit_unconfirmed', 'deposit_not_confirmed', 'deposit_refuted', 'receipt_day_differs', 'receipt_doubted'], d.id::text, 'Proved.', p_now);
    if d.reversed_elsewhere_at is not null then perform book_reversed_2(d.id, p_now); end if;
  else
    update deposits set receipt = null where id = d.id;
    again := d;
    again.id := new_id_1();
    again.confirmed_at := p_now; again.taken_back_at := null; again.refuted_at := null; again.held_until := null;
    again.allocated_at := null; again.allocation_tries := 0; again.allocation_due_at := p_now; again.settled_at := p_now; again.version := 0;
    update deposits set merged_into = again.id where id = d.id;
    perform open_after_all_1(again, p_now);
  end if;
end $$;
--> statement-breakpoint

-- Opens the movement of a receipt that was taken back and came after all, by a transfer of its own kind.
create function open_after_all_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  d.confirmation_tries := 0; d.allocation_tries := 0; d.version := 0; d.may_echo := coalesce(d.may_echo, false);
  insert into deposits select d.*;
  perform book_1('proved_after_all', d.id, 1, own_account_1('paybill_float', d.shortcode), 'clearing', d.amount_cents, p_now);
  perform open_task_1('deposit_proved_after_all', d.id::text, p_now);
end $$;
--> statement-breakpoint

-- What was counted as proved is only told again: the proof may be, or is, another movement's.
create function disprove_money_2(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set confirmed_at = null where id = d.id;
  if d.shortcode is not null then
    perform book_1('disproved', d.id, next_leg_1('disproved', d.id), own_account_1('paybill_told', d.shortcode), own_account_1('paybill_float', d.shortcode), d.amount_cents, p_now);
  end if;
  if d.reversed_elsewhere_at is not null then perform book_reversed_2(d.id, p_now); end if;
end $$;
--> statement-breakpoint

-- Told money was refuted. What has paid for nothing yet is taken off the books; the rest is locked until a person takes it back. Proof that comes later wins.
create function refute_deposit_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  select * into d from deposits where id = p_deposit and confirmed_at is null and refuted_at is null and merged_into is null for update;
  if not found then return; end if;
  if d.allocated_at is null then
    perform merge_deposit_2(d.id, null, p_now);
  else
    update deposits set refuted_at = p_now, confirmation_due_at = null where id = d.id;
    perform close_tasks_1(array['deposit_unconfirmed', 'deposit_not_confirmed'], d.id::text, 'It was refuted.', p_now);
    perform open_task_1('deposit_refuted', d.id::text, p_now);
  end if;
  perform record_1('deposit_refuted', d.id, 'told', 'refuted', p_now);
end $$;
