-- Money was taken back out of an account of the ledger. If it is a member's savings account, that member is notified.
create function notify_savings_taken_back_1(p_account text, p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  perform promise_notice_2('savings_taken_back', p_deposit, null, a.member_id, false, p_now) from member_accounts a where p_account = 'savings:' || a.id;
end $$;
