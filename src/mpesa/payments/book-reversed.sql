-- Signed statements show that somebody reversed a deposit's receipt in the portal, whole or in part. Books what is not booked yet: that money has left the float, and whoever
-- received it owes it to us until the deposit is taken back from where it stands. Books it back if the deposit no longer has that receipt, or its money is only told. A deposit
-- that is reversed whole before it was allocated pays for nothing: it is taken back at once. Call it under the deposit's lock.
create function book_reversed_2(p_deposit uuid, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  float text;
  booked bigint;
  left_cents bigint;
begin
  select * into d from deposits where id = p_deposit;
  if d.taken_back_at is not null then return 'taken_back'; end if;
  select coalesce(sum(case when t.credit_account like 'paybill_float%' then t.amount_cents else -t.amount_cents end), 0) into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = d.id::text;
  if booked = 0 and d.reversed_elsewhere_at is null then return null; end if;
  float := case when d.shortcode is null then 'paybill_float' else own_account_1('paybill_float', d.shortcode) end;
  -- in doubt whose it is, it is not in the float
  left_cents := case when d.confirmed_at is null or d.merged_into is not null then 0 else coalesce(d.reversed_elsewhere_cents, 0) end - booked;
  if left_cents < 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), float, 'receivables', -left_cents, p_now); end if;
  if d.confirmed_at is not null and d.merged_into is null and d.allocated_at is null and d.reversed_elsewhere_cents = d.amount_cents then
    if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'clearing', float, left_cents, p_now); end if;
    if booked > 0 then perform book_1('taken_back', d.id, next_leg_1('taken_back', d.id), 'clearing', 'receivables', booked, p_now); end if;
    perform close_tasks_1(array['statement_reversed'], d.receipt, 'It no longer pays for anything: taken back.', p_now);
    update deposits set taken_back_at = p_now, allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    update payments p set state = 'reversed', failure_code = 'reversed_elsewhere' where p.id = d.payment_id and p.counted_deposit_id = d.id and p.state = 'paid';
    if found then perform record_1('payment_reversed', d.payment_id, 'paid', 'reversed', p_now); end if;
    return 'taken_back';
  end if;
  if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'receivables', float, left_cents, p_now); end if;
  return 'locked';
end $$;
--> statement-breakpoint

-- A deposit has got a receipt that signed statements show as reversed in the portal. The reversal goes with the receipt: it is copied from `p_given`, which had it, and booked.
create function given_back_by_2(p_deposit uuid, p_given deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set reversed_elsewhere_at = p_given.reversed_elsewhere_at, reversal_receipt = p_given.reversal_receipt,
    reversed_elsewhere_cents = least(amount_cents, p_given.reversed_elsewhere_cents)
  where id = p_deposit;
  perform book_reversed_2(p_deposit, p_now);
end $$;
--> statement-breakpoint

-- A reversal in the portal that was recorded on this deposit was another deposit's. Only what other lines show as reversed stays recorded; the rest is booked back. If a person
-- had taken the whole deposit back for it, the deposit is opened again as a new row. If more is booked as refunded parts than lines show, a person gets a task.
create function not_given_back_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  again deposits;
  shown record;
begin
  select * into d from deposits where id = p_deposit for update;
  select * into shown from shown_reversed_1(d.receipt, known_shortcode_1(d));
  update deposits set reversed_elsewhere_at = shown.first_at, reversed_elsewhere_cents = case when shown.cents is not null then least(amount_cents, shown.cents) end,
    reversal_receipt = shown.reversal where id = d.id;
  perform close_tasks_1(array['statement_reversed'], d.receipt, 'Another payment was reversed.', p_now) where shown.cents is null;
  if parts_given_back_2(d.id) > coalesce(shown.cents, 0) then perform open_task_1('taken_back_short', d.id::text, p_now); end if;
  if d.taken_back_at is null then
    perform book_reversed_2(d.id, p_now);
  elsif shown.cents is null then
    again := d; again.id := new_id_1(); again.taken_back_at := null; again.allocated_at := null; again.allocation_due_at := p_now; again.held_until := null; again.settled_at := p_now;
    again.reversed_elsewhere_at := null; again.reversed_elsewhere_cents := null; again.reversal_receipt := null;
    update deposits set receipt = null, attempt_id = null, merged_into = again.id where id = d.id;
    perform open_after_all_1(again, p_now);
  end if;
end $$;
--> statement-breakpoint

-- Records on a deposit how much of it signed statements show as reversed in the portal, audits that once, and books it as book_reversed_2 says. Call it
-- under the deposit's lock.
create function mark_reversed_1(d deposits, p_first_at timestamptz, p_cents bigint, p_reversal text, p_now timestamptz) returns text language plpgsql as $$
begin
  update deposits set reversed_elsewhere_at = coalesce(reversed_elsewhere_at, p_first_at), reversal_receipt = coalesce(reversal_receipt, p_reversal),
    reversed_elsewhere_cents = least(amount_cents, p_cents)
  where id = d.id and taken_back_at is null;
  if found and d.reversed_elsewhere_at is null then perform record_1('deposit_reversed_elsewhere', d.id, null, p_reversal, p_now); end if;
  return book_reversed_2(d.id, p_now);
end $$;
