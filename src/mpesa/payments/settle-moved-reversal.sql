-- A reversal was paid whose receipt is another movement than was thought: that movement has come and gone. What was taken for it out of a sale was the money of another
-- deposit, which stays and is the customer's; out of where money waits, it is put back there. What has been used meanwhile is not there any more: whoever has it owes it, with a task.
create function settle_moved_reversal_1(p_payout uuid, p_of uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
  d deposits; -- what was reversed
  place text;
  there bigint;
begin
  select * into o from payouts where id = p_payout;
  select * into d from deposits where id = o.subject::uuid for update;
  if d.attempt_id is not null or d.merged_into is not null or d.taken_back_at is not null or d.amount_cents <> o.amount_cents then return; end if;
  if d.confirmed_at is null then -- what Safaricom has reversed has come
    update deposits set receipt_proved_at = coalesce(receipt_proved_at, p_now), confirmation_due_at = null where id = d.id;
    perform prove_money_1(d.id, p_now);
  end if;
  place := case when d.allocated_at is null then 'clearing' else parked_in_1(d) end;
  if place = o.source_account or o.source_account not in ('refunds', 'customer_credit', 'suspense') then return; end if;
  if place is null and (o.source_account <> 'refunds' or p_of is null) then return; end if;
  there := case
    when place is null then 0
    when place = 'suspense' then greatest(0, d.amount_cents + (select coalesce(sum(u.amount_cents), 0) from unmatches u where u.deposit_id = d.id)
      - (select coalesce(sum(m.amount_cents), 0) from matches m where m.deposit_id = d.id))
    else d.amount_cents end;
  if place <> 'clearing' and there > 0 then perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', there, p_now); end if;
  if there < d.amount_cents then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), 'receivables', 'clearing', d.amount_cents - there, p_now);
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;
  if o.source_account = 'refunds' then
    perform book_1('swapped', p_of, next_leg_1('swapped', p_of), 'clearing', 'customer_credit', d.amount_cents, p_now);
    perform open_task_1('surplus_payment', p_of::text, p_now);
  elsif o.source_account = 'customer_credit' then
    perform book_1('surplus', d.id, next_leg_1('surplus', d.id), 'clearing', 'customer_credit', d.amount_cents, p_now);
  else
    perform book_1('suspense', d.id, next_leg_1('suspense', d.id), 'clearing', 'suspense', d.amount_cents, p_now);
  end if;
  update deposits set allocated_at = coalesce(allocated_at, p_now), allocation_due_at = null, held_until = null where id = d.id;
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'It was reversed.', p_now);
end $$;
