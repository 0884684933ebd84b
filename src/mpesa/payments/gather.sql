-- A source that knows says at which of our short codes money came. If only a notice or a pulled list had named another one, the deposit moves there.
create function gather_2(p_deposit uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  account text;
  stands bigint;
begin
  select * into d from deposits
  where id = p_deposit and merged_into is null and shortcode <> p_shortcode and (confirmed_at is null or is_by_list_1(deposits)) for update;
  if not found then return; end if;
  if d.taken_back_at is null then
    account := case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end;
    -- what was reversed of it has left there by now: it is counted where the payment is (read-movements.ts)
    stands := d.amount_cents - left_from_1(d.id, own_account_1(account, d.shortcode));
    if stands > 0 then perform book_1('gathered', d.id, next_leg_1('gathered', d.id), own_account_1(account, p_shortcode), own_account_1(account, d.shortcode), stands, p_now); end if;
  end if;
  -- what of it came before a first balance is in that of its own short code
  perform lower_opening_1(m.shortcode, m.booked_at, m.cents) from (
    select c.shortcode, o.booked_at, o.cents * c.sign as cents from own_moves_1(d.id) o, (values (d.shortcode, -1), (p_shortcode, 1)) c (shortcode, sign) order by c.shortcode) m;
  update deposits set shortcode = p_shortcode, shortcode_by_list = null where id = d.id;
  perform close_missing_1(p_now);
end $$;
--> statement-breakpoint

-- Places a deposit at the short code of ours that its proof names (gather_2). A pulled list proves only that the money came to us: if it names another short code, the deposit
-- stays, and is marked as placed by a list alone.
create function place_2(d deposits, p_source text, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
begin
  if p_source <> 'pull' then
    perform gather_2(d.id, p_shortcode, p_now);
  elsif d.attempt_id is null and d.shortcode <> p_shortcode and (d.receipt_proved_at is null or is_by_list_1(d)) then
    update deposits set shortcode_by_list = true where id = d.id;
  end if;
end $$;
