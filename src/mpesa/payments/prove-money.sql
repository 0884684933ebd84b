-- Writes a deposit and books it: `paybill_float -> clearing` if it is proved, `paybill_told -> clearing` if it is only told.
create function open_deposit_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  d.confirmation_tries := 0; d.allocation_tries := 0; d.version := 0; d.may_echo := coalesce(d.may_echo, false);
  insert into deposits select d.*;
  perform book_1('mpesa_in', d.id, 1, arrived_in_1(d), 'clearing', d.amount_cents, p_now);
end $$;
--> statement-breakpoint

-- Books a deposit as proved: its money moves from told to the float. (settle-receipt.sql and take-success.sql have what proves it, ground/config/ways-to-prove.ts the possible
-- ways.) If it was taken back before, the proof opens it again as a new row.
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

-- A receipt whose money was taken back came after all: opens a deposit for it, by a transfer of its own kind and with a task.
create function open_after_all_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  d.confirmation_tries := 0; d.allocation_tries := 0; d.version := 0; d.may_echo := coalesce(d.may_echo, false);
  insert into deposits select d.*;
  perform book_1('proved_after_all', d.id, 1, own_account_1('paybill_float', d.shortcode), 'clearing', d.amount_cents, p_now);
  perform open_task_1('deposit_proved_after_all', d.id::text, p_now);
end $$;
--> statement-breakpoint

-- Books proved money as told again: the proof is, or may be, another movement's.
create function disprove_money_2(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set confirmed_at = null where id = d.id;
  if d.shortcode is not null then
    perform book_1('disproved', d.id, next_leg_1('disproved', d.id), own_account_1('paybill_told', d.shortcode), own_account_1('paybill_float', d.shortcode), d.amount_cents, p_now);
  end if;
  if d.reversed_elsewhere_at is not null then perform book_reversed_2(d.id, p_now); end if;
end $$;
--> statement-breakpoint

-- Refutes told money. If it has not been allocated, it is taken off the books; else it is locked until a person takes it back. Proof that comes later wins.
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
