-- Books money from clearing to a member's savings account, and promises to notify them. `p_source` is the deposit, or the match that took it out of suspense. Does
-- nothing when it was booked before.
create function deposit_savings_2(p_account uuid, p_source uuid, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  member uuid := (select member_id from member_accounts where id = p_account);
begin
  if member is null then raise exception 'A deposit was paid into an account that does not exist.'; end if;
  if exists (select from transfers where kind = 'savings_deposit' and source_id = p_source::text) then return; end if;
  perform book_1('savings_deposit', p_source, 1, 'clearing', 'savings:' || p_account, p_amount, p_now);
  perform promise_notice_2('savings_deposited', p_source, null, member, false, p_now);
end $$;
