-- A reversal was paid, but its receipt is now another deposit's: that deposit (`p_deposit`) has come and gone. `p_source` is the account that `p_cents` was taken from for the
-- reversal. If it was taken out of a sale, it was the money of `p_of`, which stays and becomes the customer's credit. If it was taken from where money waits, it is put back
-- there. Whatever of `p_deposit` has been used meanwhile is owed by whoever has it, with a task.
create function settle_moved_reversal_2(p_deposit uuid, p_of uuid, p_cents bigint, p_source text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits; -- what was reversed
  place text;
  there bigint;
begin
  select * into d from deposits where id = p_deposit for update;
  if d.attempt_id is not null or d.merged_into is not null or d.taken_back_at is not null or d.amount_cents <> p_cents then return; end if;
  if d.confirmed_at is null then -- what Safaricom has reversed has come
    update deposits set receipt_proved_at = coalesce(receipt_proved_at, p_now), confirmation_due_at = null where id = d.id;
    perform prove_money_2(d.id, p_now);
  end if;
  place := case when d.allocated_at is null then 'clearing' else parked_in_1(d) end;
  if place = p_source or p_source not in ('refunds', 'customer_credit', 'suspense') then return; end if;
  if place is null and (p_source <> 'refunds' or p_of is null) then return; end if;
  there := case
    when place is null then 0
    when place = 'suspense' then left_unmatched_1(d)
    else d.amount_cents end;
  if place <> 'clearing' and there > 0 then perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', there, p_now); end if;
  if there < d.amount_cents then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), 'receivables', 'clearing', d.amount_cents - there, p_now);
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;
  if p_source = 'refunds' then
    perform book_1('swapped', p_of, next_leg_1('swapped', p_of), 'clearing', 'customer_credit', d.amount_cents, p_now);
    perform open_task_1('surplus_payment', p_of::text, p_now);
  elsif p_source = 'customer_credit' then
    perform book_1('surplus', d.id, next_leg_1('surplus', d.id), 'clearing', 'customer_credit', d.amount_cents, p_now);
  else
    perform book_1('suspense', d.id, next_leg_1('suspense', d.id), 'clearing', 'suspense', d.amount_cents, p_now);
  end if;
  update deposits set allocated_at = coalesce(allocated_at, p_now), allocation_due_at = null, held_until = null where id = d.id;
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'It was reversed.', p_now);
end $$;
