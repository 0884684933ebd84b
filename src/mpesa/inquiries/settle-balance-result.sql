-- Settles the answer to a question about the balances of a short code: keeps the words, and the balance of each account beside what our ledger holds there. `p_accounts` are
-- the accounts that were reported, `p_available` is what the one that pays out has. `answers`: the answer is recorded. `known` and `unclear` change nothing; all other verdicts
-- are quarantined. Safe to repeat, in any order.
create function settle_balance_result_2(
  p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_accounts jsonb, p_told_at timestamptz,
  p_paying_shortcode text, p_available bigint, p_low_float bigint, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  inquiry inquiries;
begin
  select * into inquiry from inquiries where id = p_inquiry and kind = 'account-balance' for update;
  verdict := case
    when inquiry.id is null then 'no_inquiry'
    when p_result_code is null then 'unclear'
    when is_other_conversation_1(inquiry, p_conversation) then 'other_conversation'
    -- the first balances that are reported stay; they outrank a time-out and an answer without any
    when inquiry.state <> 'answered' or inquiry.says <> 'done' and p_says = 'done' then 'answers'
    when inquiry.says <> p_says and p_says <> 'unclear' then 'contradicts'
    when p_says = 'done' and not told_before_1(inquiry.id, p_accounts) then 'contradicts'
    else 'known' end;
  perform keep_evidence_1(p_inquiry, 'account-balance', p_body_hash, p_body, verdict, p_now);
  if verdict <> 'answers' then return; end if;

  update inquiries set state = 'answered', answered_at = p_now, says = p_says, result_code = p_result_code,
    ledger_cents = held_1('paybill_float:' || shortcode) + held_1('paybill_told:' || shortcode)
  where id = inquiry.id;
  if p_says <> 'done' then return; end if;

  insert into float_balances (id, inquiry_id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, told_at)
  select new_id_1(), inquiry.id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, p_told_at from told_accounts_1(p_accounts);
  perform close_tasks_1(array['balance_unknown'], inquiry.shortcode, 'Safaricom reports the balance again.', p_now);

  -- whether there is enough to pay out from is judged by the newest question alone: a late answer to an older one says nothing of today
  if inquiry.shortcode <> p_paying_shortcode then return; end if;
  if inquiry.asked_at < (select o.asked_at from inquiries o where o.kind = inquiry.kind and o.shortcode = inquiry.shortcode and o.state = 'answered' and o.says = 'done'
    order by o.asked_at desc limit 1) then return; end if;
  if p_low_float > 0 and p_available < p_low_float then
    perform open_task_1('low_float', inquiry.shortcode, p_now);
  elsif p_available is not null then
    perform close_tasks_1(array['low_float'], inquiry.shortcode, 'A later balance suffices.', p_now);
  end if;
end $$;
--> statement-breakpoint

-- The accounts that were reported, as rows.
create function told_accounts_1(p_accounts jsonb)
returns table (account text, currency text, current_cents bigint, available_cents bigint, reserved_cents bigint, uncleared_cents bigint) language sql immutable as $$
  select * from jsonb_to_recordset(p_accounts)
    as t(account text, currency text, current_cents bigint, available_cents bigint, reserved_cents bigint, uncleared_cents bigint)
$$;
--> statement-breakpoint

-- Whether an earlier answer to this question reported exactly these accounts with these balances.
create function told_before_1(p_inquiry uuid, p_accounts jsonb) returns boolean language sql stable as $$
  select count(*) = count(b.id) and count(*) = (select count(*) from float_balances where inquiry_id = p_inquiry)
  from told_accounts_1(p_accounts) t
  left join float_balances b on b.inquiry_id = p_inquiry and b.account = t.account and b.current_cents = t.current_cents and b.available_cents = t.available_cents
$$;
