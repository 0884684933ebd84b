-- Declines what was asked for to be paid out of money that is not there, and nobody has approved, with a task that says so. One that is approved in this moment stays, and is looked at before it
-- is sent. `p_sources`: whose money it is.
create function call_back_payouts_2(p_sources uuid[], p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    update payouts p set state = 'declined', decided_by = 'malipo', decided_at = p_now where p.subject_id = any(p_sources) and p.state = 'requested' returning p.*
  loop
    perform record_by_1('malipo', 'payout_declined', o.id::text, '"requested"', '"declined"', null, p_now);
    perform open_worded_task_1('deposit_displaced', p_deposit::text, format('Payout %s was to pay this money on, or to give it back, and was declined by itself: the money is another payment''s, and was taken back. '
      || 'Look what is still owed to whom (GET /api/payouts?payoutId=%s), and ask for it anew once it is proved.', o.reference, o.id), p_now);
  end loop;
end $$;
