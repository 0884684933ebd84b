-- Books money that came to a till without a prompt as a counter sale, with the VAT of the configured class.
create function sell_over_counter_1(d deposits, p_vat_class text, p_now timestamptz) returns void language plpgsql as $$
declare
  vat record;
begin
  select * into vat from vat_of_1(jsonb_build_array(jsonb_build_object('vatClass', p_vat_class, 'grossCents', d.amount_cents)), coalesce(d.moved_at, d.settled_at));
  perform book_1('counter_sale', d.id, next_leg_1('counter_sale', d.id), 'clearing', 'counter_sales', vat.net_cents, p_now);
  if vat.vat_cents > 0 then perform book_1('counter_sale', d.id, next_leg_1('counter_sale', d.id), 'clearing', 'vat_payable', vat.vat_cents, p_now); end if;
end $$;
