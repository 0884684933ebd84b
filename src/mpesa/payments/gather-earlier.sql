-- Moves deposits of an earlier release to the accounts of their short code: told money to `paybill_told`, proved money to the float. `p_by_status` are those whose receipt was
-- proved by a status answer that meets today's rule.
create function gather_earlier_2(p_deposits uuid[], p_by_status uuid[], p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  for d in select * from deposits where id = any(p_deposits) and shortcode is null and merged_into is null order by id for update loop
    d.receipt_proved_at := case
      when d.id = any(p_by_status) then d.confirmed_at
      when d.receipt is not null and d.attempt_id is not null and exists (select from attempts a where a.id = d.attempt_id and a.receipt = d.receipt) then d.confirmed_at end;
    d.tied_by := case when d.attempt_id is null or d.receipt is null then null when d.receipt_proved_at is not null and d.id <> all(p_by_status) then 'callback' else 'reference' end;
    -- only the prompt's own success, or a receipt that is proved, proves money
    if d.attempt_id is null and d.receipt_proved_at is null then d.confirmed_at := null; end if;
    if d.taken_back_at is not null then -- taken off again where it stood
      update deposits set shortcode = p_shortcode where id = d.id;
      continue;
    end if;
    update deposits set shortcode = p_shortcode, receipt_proved_at = d.receipt_proved_at, tied_by = d.tied_by, confirmed_at = d.confirmed_at, moved_at = coalesce(moved_at, settled_at),
      confirmation_tries = case when d.receipt_proved_at is null then 0 else confirmation_tries end,
      confirmation_due_at = case when d.receipt is not null and d.receipt_proved_at is null then p_now end
    where id = d.id;
    perform book_1('gathered', d.id, 1, own_account_1(case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end, p_shortcode), 'paybill_float', d.amount_cents, p_now);
    perform lower_opening_1(p_shortcode, d.settled_at, d.amount_cents); -- it was in the first balance
  end loop;
end $$;
