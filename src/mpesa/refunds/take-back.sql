-- The money of a payout was taken back while the payout was under way, and became owed to us. Now the payout, or a part of it, has not left after all: what
-- returned is taken back, and nobody owes it. The lock of its account keeps this apart from a take-back at the same time: either that one sees the money that came
-- back, or this one sees what is owed.
create function take_back_returned_2(payout payouts, p_cents bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  d record;
  owed bigint;
  left_cents bigint := p_cents;
begin
  if payout.source_account not in ('booking_payable', 'customer_credit', 'suspense') then return; end if;
  perform from accounts where id = payout.source_account for no key update;
  for d in
    select x.id from deposits x where x.taken_back_at is not null and x.id in (select payout.subject_id
      union all select o.id from deposits o where o.payment_id = payout.subject_id union all select m.deposit_id from matches m where m.payment_id = payout.subject_id)
    order by x.taken_back_at, x.id
  loop
    select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) into owed
    from transfers t where t.kind in ('taken_back', 'reversed_elsewhere') and t.source_id = d.id::text and 'receivables' in (t.debit_account, t.credit_account);
    continue when least(owed, left_cents) <= 0;
    perform book_1('taken_back', d.id, next_leg_1('taken_back', d.id), payout.source_account, 'receivables', least(owed, left_cents), p_now);
    if owed <= left_cents then perform close_tasks_1(array['taken_back_short'], d.id::text, 'What was under way has not left: nobody owes it.', p_now); end if;
    left_cents := left_cents - least(owed, left_cents);
  end loop;
end $$;
--> statement-breakpoint

-- What was bought with a deposit stays bought if other money came for the same: the other deposit counts from now on, and this one waits in the customer's credit. Call it
-- under the locks of the deposit and its payments.
create function spare_bought_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  other deposits;
begin
  select * into d from deposits where id = p_deposit and allocated_at is not null;
  for payment in select * from payments p where p.id = any(d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null))
    and p.counted_deposit_id = d.id and p.state = 'paid' and p.purpose in ('order', 'donation', 'booking_fee') order by p.id for update
  loop
    for other in select * from deposits o where o.payment_id = payment.id and o.id <> d.id and o.refuted_at is null and o.merged_into is null and o.reversed_elsewhere_at is null
      and o.amount_cents >= payment.amount_cents order by o.confirmed_at, o.settled_at, o.id for update
    loop
      if stands_in_2(other) = 'customer_credit' then
        perform swap_counted_1(payment, d, other, p_now);
        exit;
      end if;
    end loop;
  end loop;
end $$;
--> statement-breakpoint

-- Takes money that is not there off the books again: a deposit that was refuted, or that a signed statement shows as reversed whole in the portal. It is taken from wherever it
-- stands: suspense, the customer's credit, a sale with its VAT, a booking's escrow, savings. What was released or spent meanwhile becomes a receivable with a task: no balance
-- goes below zero silently. Repayments of loans are reversed before, into suspense (take-back-deposit.ts). The payment becomes `reversed` and is never open again; its invoice
-- gets a credit note. False when the deposit is neither refuted nor reversed whole, or was taken back before.
create function take_back_2(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  from_account text; -- what it is not in: told money; for what was reversed, whoever owes it (book-reversed.sql)
  given_back boolean;
  place record;
  holds bigint;
  leg int := 0;
  left_cents bigint;
  paid uuid[]; -- payments that it may count for
  sources text[]; -- whose transfers moved its money
  payment payments;
begin
  perform from payments where id = (select payment_id from deposits where id = p_deposit) for update;
  select * into d from deposits where id = p_deposit and taken_back_at is null
    and (refuted_at is not null and confirmed_at is null or reversed_elsewhere_cents = amount_cents and confirmed_at is not null and parts_given_back_2(id) = 0) for update;
  if not found then return false; end if;
  given_back := d.confirmed_at is not null;
  if given_back then perform book_reversed_2(d.id, p_now); end if;
  from_account := case when given_back then 'receivables' when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
  left_cents := d.amount_cents;
  paid := d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null);

  perform spare_bought_2(d.id, p_now);

  -- where this deposit's money stands: by its own transfers, those of what it was matched to and taken back from and of the hold of its booking; of what it counts for the sale,
  -- whichever deposit was sold first, less what was credited of it. What it had repaid of loans is all in suspense (`unmatch`), whatever corrections had moved of it meanwhile
  sources := array(select d.id::text union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
    union all select p.id::text from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose = 'booking_fee');
  perform call_back_payouts_2(sources::uuid[], d.id, p_now);
  for place in
    with moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected')
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected', 'unmatch')
      union all select l.account, l.cents from payments p, sold_for_1(p) l where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
      union all select t.debit_account, -t.amount_cents from payments p join payouts o on o.payment_id = p.id join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
      union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where o.subject_id = d.id and o.payment_id is null -- refunds of a counter sale
    )
    select account, sum(amount_cents)::bigint as cents from moved
    where account <> 'clearing' and account not like 'paybill_%' group by account having sum(amount_cents) > 0 order by account
  loop
    exit when left_cents = 0;
    perform from accounts where id = place.account for no key update;
    holds := case when place.account like 'savings:%' or place.account in ('booking_escrow', 'booking_payable', 'customer_credit', 'suspense') then greatest(0, -held_1(place.account))
      else place.cents end;
    -- what was reversed of it, or paid on, is not there any more
    holds := least(holds, place.cents - (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject_id = any(sources::uuid[]) and o.source_account = place.account and o.state not in ('declined', 'rejected')), left_cents);
    if place.account = 'booking_escrow' and not is_fee_held_1(array(select p.id from payments p where p.id = any(paid) and p.counted_deposit_id = d.id)) then
      holds := 0; -- it was released
    end if;
    if holds > 0 then
      leg := leg + 1;
      left_cents := left_cents - holds;
      perform book_1('taken_back', d.id, leg, place.account, from_account, holds, p_now);
      perform notify_savings_taken_back_1(place.account, d.id, p_now);
    end if;
  end loop;
  if left_cents > 0 then
    if not given_back then perform book_1('taken_back', d.id, leg + 1, 'receivables', from_account, left_cents, p_now); end if;
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id for update loop
    perform reverse_payment_1(payment.id, case when given_back then 'reversed_elsewhere' else 'refuted' end, p_now);
    perform expire_held_1(payment.id, p_now);
    perform credit_taken_back_1(payment, d.id, p_now);
  end loop;
  perform mark_taken_back_1(d.id, p_now);
  perform close_tasks_1(array['deposit_refuted', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs', 'unidentified_deposit', 'underpaid_deposit', 'surplus_payment'],
    d.id::text, 'Taken back.', p_now);
  if given_back then perform close_tasks_1(array['statement_reversed'], d.receipt, 'Taken back.', p_now); end if;
  return true;
end $$;
