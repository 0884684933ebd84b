-- A receipt that Safaricom was asked to reverse becomes another deposit's. The reversals that were sent for it go with it, so that it is not reversed a second
-- time, and a person gets a task. A reversal that is not sent yet, or was surely refused, stays behind and is not sent any more (receipt-moved.ts). Call it under
-- the locks of both deposits.
create function take_reversal_along_2(p_from uuid, p_to uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    select p.* from payouts p join deposits d on d.id = p_to
    where p.subject_id = p_from and p.kind = 'reversal' and p.receipt = d.receipt and p.state not in ('declined', 'rejected')
      and exists (select from withdrawals w where w.payout_id = p.id and w.state <> 'reserved')
    order by p.id
  loop
    update payouts set subject_id = p_to where id = o.id;
    perform open_task_1('reversal_of_another', o.id::text, p_now);
    if o.state = 'paid' then perform settle_moved_reversal_2(p_to, p_from, o.amount_cents, o.source_account, p_now); end if;
  end loop;
end $$;
