-- Moves the payouts of an earlier release from the float account without a short code to that of the short code which they left: payouts left `p_pays`, reversals
-- `p_shortcode`, which had taken all payments. Moves some hundred at a time, and returns how many. Once that account is empty, it reads nothing.
create function gather_payouts_2(p_pays text, p_shortcode text, p_limit int, p_now timestamptz) returns int language plpgsql as $$
declare
  t record;
  moved int := 0;
begin
  if held_1('paybill_float') = 0 then return 0; end if;
  for t in
    select x.source_id, x.amount_cents, x.booked_at, case o.kind when 'reversal' then p_shortcode else p_pays end as shortcode
    from transfers x join withdrawals w on w.id = x.source_id::uuid join payouts o on o.id = w.payout_id
    where x.kind in ('payout_paid', 'payout_late') and x.credit_account = 'paybill_float'
      and not exists (select from transfers g where g.kind = 'gathered' and g.source_id = x.source_id)
    order by x.source_id limit p_limit
  loop
    moved := moved + 1;
    perform book_1('gathered', t.source_id::uuid, 1, 'paybill_float', own_account_1('paybill_float', t.shortcode), t.amount_cents, p_now);
    perform lower_opening_1(t.shortcode, t.booked_at, -t.amount_cents); -- it had left before the first balance
  end loop;
  return moved;
end $$;
