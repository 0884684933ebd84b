-- Prices a basket from the price list; prices include VAT. `items` of `p_asked` have sku, quantity, and for a donation the amount that the giver chose: all lines of one
-- donation together must lie within its range. Everything else has its list price. `only` limits the basket to one kind. The refusal is that of the first refused line.
create function quote_order_1(p_asked jsonb) returns table (owed_cents bigint, lines jsonb, refusal text, refusal_detail jsonb) language sql stable as $$
  with wanted as (
    -- the same thing for the same amount is one line
    select sku, sum(quantity)::int as quantity, amount_cents, min(n) as n, sum(sum(quantity * amount_cents)) over (partition by sku) as given_cents
    from rows from (jsonb_to_recordset(p_asked->'items') as (sku text, quantity int, amount_cents bigint)) with ordinality as t(sku, quantity, amount_cents, n)
    group by sku, amount_cents
  ), priced as (
    select w.n, w.sku, w.quantity, i.name, i.kind, i.vat_class, i.min_cents, i.max_cents, u.unit_cents, u.unit_cents * w.quantity as gross_cents,
      case
        when i.sku is null or i.kind = 'booking_fee' then 'unknown_item'
        when i.kind <> p_asked->>'only' then 'not_a_donation'
        when i.kind <> 'donation' and w.amount_cents is not null then 'price_is_fixed'
        when i.kind = 'donation' and w.amount_cents is null then 'donation_amount_required'
        when i.kind = 'donation' and w.given_cents not between i.min_cents and i.max_cents then 'donation_out_of_range'
      end as refusal
    from wanted w
    left join items i on i.sku = w.sku and i.active
    left join lateral (select case when i.kind = 'donation' then w.amount_cents else i.price_cents end as unit_cents) u on true
  )
  select sum(gross_cents)::bigint,
    jsonb_agg(jsonb_build_object('sku', sku, 'name', name, 'kind', kind, 'quantity', quantity, 'unitCents', unit_cents::text,
      'grossCents', gross_cents::text, 'vatClass', vat_class) order by n),
    (array_agg(p.refusal order by n) filter (where p.refusal is not null))[1],
    (array_agg(jsonb_build_object('skus', array[sku], 'kind', kind, 'min', min_cents::text, 'max', max_cents::text) order by n) filter (where p.refusal is not null))[1]
  from priced p
$$;
