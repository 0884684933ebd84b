-- A success gets the receipt that two people have found, while no source has told any. It is a guess, as a match by time: a receipt that Safaricom tells for this success takes its place,
-- and this one then pays nothing (as_freed_1). Not `named` where the receipt is money that we sent or moved ourselves.
create function name_by_people_1(p_deposit uuid, p_receipt text, p_body_hash text, p_body text, p_now timestamptz, out named boolean) language plpgsql as $$
declare
  d deposits;
begin
  named := not (is_paid_out_1(p_receipt) or is_own_money_1(p_receipt));
  if not named then return; end if;
  d.receipt := p_receipt; d.may_echo := false;
  perform keep_evidence_1(p_deposit, 'c2b', p_body_hash, p_body, 'ties', p_now);
  perform name_deposit_2(p_deposit, d, 'time', p_now);
  perform recall_reversed_2(p_receipt, p_now);
end $$;
