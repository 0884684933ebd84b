-- M-PESA's time of a deposit was corrected: promises to recompute the loans that it repaid, with the new time (move-repayments.ts).
create function tell_moved_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  perform promise_1(concat_ws(':', 'repayments-moved', d.id, extract(epoch from d.moved_at), extract(epoch from p_now)), jsonb_build_object('kind', 'repayments_moved', 'depositId', d.id), p_now)
  from deposits d where d.id = p_deposit
    and exists (select from repayments r where r.deposit_id = d.id and r.reversed_at is null and r.received_at <> d.moved_at);
end $$;
