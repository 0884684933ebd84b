-- Declines the requested payouts of money that is not there, and opens a task that says so. A payout that is being approved at this moment stays, and is checked before it is
-- sent. `p_sources`: the ids that the money may belong to.
create function call_back_payouts_2(p_sources uuid[], p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    update payouts p set state = 'declined', decided_by = 'malipo', decided_at = p_now where p.subject_id = any(p_sources) and p.state = 'requested' returning p.*
  loop
    perform record_by_1('malipo', 'payout_declined', o.id::text, '"requested"', '"declined"', null, p_now);
    perform open_worded_task_1('deposit_displaced', p_deposit::text, format('Payout %s would have paid out or refunded this money, and was declined automatically: the money is another payment''s and was taken back. '
      || 'Check what is still owed, and to whom (GET /api/payouts?payoutId=%s), and request it again once it is proved.', o.reference, o.id), p_now);
  end loop;
end $$;
