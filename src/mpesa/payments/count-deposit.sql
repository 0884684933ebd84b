-- Makes a deposit count for its payment if it pays it. A proved deposit also takes the place of one that counted and is only told: a lie may not keep the
-- place of money that came.
create function count_deposit_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  counted deposits;
  matched uuid; -- by a person
begin
  select * into d from deposits where id = p_deposit;
  select * into payment from payments where id = d.payment_id for update;
  if not found or d.amount_cents < payment.amount_cents or d.refuted_at is not null or d.taken_back_at is not null then return; end if;
  if payment.state in ('pending', 'unknown', 'failed', 'expired') then
    update payments p set state = 'paid', failure_code = null, counted_deposit_id = d.id, settled_at = coalesce(p.settled_at, p_now) where p.id = payment.id;
    perform record_1(case when payment.state in ('failed', 'expired') then 'late_success' else 'payment_paid' end, payment.id, payment.state, 'paid', p_now);
    return;
  end if;
  if payment.state <> 'paid' or d.confirmed_at is null or payment.counted_deposit_id = d.id then return; end if;
  select * into counted from deposits where id = payment.counted_deposit_id for update;
  matched := match_for_1(counted.id, payment.id, payment.amount_cents);
  if counted.confirmed_at is not null or counted.payment_id is distinct from payment.id and matched is null or stands_in_2(d) not in ('clearing', 'customer_credit') then return; end if;
  if counted.allocated_at is null then -- nothing was bought yet
    if d.allocated_at is not null then
      perform book_1('claimed', d.id, next_leg_1('claimed', d.id), 'customer_credit', 'clearing', d.amount_cents, p_now);
      update deposits set allocated_at = null, allocation_due_at = p_now where id = d.id;
      perform close_tasks_1(array['surplus_payment'], d.id::text, 'It counts for its payment.', p_now);
    end if;
    update payments set counted_deposit_id = d.id where id = payment.id;
    perform record_1('counted_deposit_changed', payment.id, counted.id::text, d.id::text, p_now);
    return;
  end if;
  if not exists (select from transfers t where t.source_id in (counted.id::text, matched::text, payment.id::text) and t.kind in ('sale', 'hold')) then return; end if;
  perform swap_counted_1(payment, counted, d, p_now);
end $$;
--> statement-breakpoint

-- What was bought stays bought, now with the money of `d`. The money of `counted` becomes the customer's credit, to be refunded once it is proved. `d` must wait to be
-- allocated, or stand whole in the customer's credit.
create function swap_counted_1(payment payments, counted deposits, d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  if d.allocated_at is not null then
    perform book_1('swapped', d.id, next_leg_1('swapped', d.id), 'customer_credit', 'clearing', payment.amount_cents, p_now);
  end if;
  perform book_1('swapped', counted.id, next_leg_1('swapped', counted.id), 'clearing', 'customer_credit', payment.amount_cents, p_now);
  if d.amount_cents > payment.amount_cents and d.allocated_at is null then
    perform book_1('surplus', d.id, next_leg_1('surplus', d.id), 'clearing', 'customer_credit', d.amount_cents - payment.amount_cents, p_now);
    perform open_task_1('surplus_payment', d.id::text, p_now);
  end if;
  update deposits set allocated_at = coalesce(allocated_at, p_now), allocation_due_at = null, held_until = null where id = d.id;
  update payments set counted_deposit_id = d.id where id = payment.id;
  if d.amount_cents = payment.amount_cents then perform close_tasks_1(array['surplus_payment'], d.id::text, 'It counts for its payment.', p_now); end if;
  perform open_task_1('surplus_payment', counted.id::text, p_now);
  perform record_1('counted_deposit_changed', payment.id, counted.id::text, d.id::text, p_now);
end $$;
--> statement-breakpoint

-- The money of this deposit is another movement's. The payment that it counted for, with nothing bought yet, is not paid any more.
create function unpay_2(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update payments p set state = 'expired', counted_deposit_id = null, settled_at = null where p.id = d.payment_id and p.counted_deposit_id = d.id and p.state = 'paid';
  if found then perform record_1('payment_reopened', d.payment_id, 'paid', 'expired', p_now); end if;
end $$;
