import { type SQL, sql } from 'drizzle-orm';
import { AppError } from '../../../src/errors.ts';
import type { QuoteInput } from '../../../src/payments/purpose.ts';

/**
 * Prices a basket from the price list, inside the statement that opens the payment. Prices include VAT. A donation takes the giver's amount, and all
 * lines of one donation together lie within its range; everything else has its price. `only` limits what may be in the basket.
 */
export function quoteOrder({ items }: QuoteInput, only?: 'donation'): SQL {
  if (items.length === 0) throw new AppError('invalid_input', 'Say what is bought: items is a list of { sku, quantity }.');
  const skus = items.map((item) => item.sku);
  const quantities = items.map((item) => item.quantity);
  const amounts = items.map((item) => item.amountCents?.toString() ?? null);
  return sql`
  select sum(gross_cents)::bigint as owed_cents,
    jsonb_agg(jsonb_build_object('sku', sku, 'name', name, 'kind', kind, 'quantity', quantity, 'unitCents', unit_cents::text,
      'grossCents', gross_cents::text, 'vatClass', vat_class) order by n) as lines,
    (array_agg(refusal order by n) filter (where refusal is not null))[1] as refusal,
    (array_agg(jsonb_build_object('skus', array[sku], 'min', min_cents::text, 'max', max_cents::text) order by n) filter (where refusal is not null))[1] as refusal_detail
  from (
    select w.*, i.name, i.kind, i.vat_class, i.min_cents, i.max_cents, u.unit_cents, u.unit_cents * w.quantity as gross_cents,
      case
        when i.sku is null then 'unknown_item'
        when ${only ?? null}::text is not null and i.kind <> ${only ?? null} then 'not_a_donation'
        when i.kind <> 'donation' and w.amount_cents is not null then 'price_is_fixed'
        when i.kind = 'donation' and w.amount_cents is null then 'donation_amount_required'
        when i.kind = 'donation' and w.given_cents not between i.min_cents and i.max_cents then 'donation_out_of_range'
      end as refusal
    from (
      select sku, sum(quantity)::int as quantity, amount_cents, min(n) as n, sum(sum(quantity * amount_cents)) over (partition by sku) as given_cents
      from unnest(${sql.param(skus)}::text[], ${sql.param(quantities)}::int[], ${sql.param(amounts)}::bigint[]) with ordinality as t(sku, quantity, amount_cents, n)
      group by sku, amount_cents
    ) w
    left join items i on i.sku = w.sku and i.active and i.kind <> 'booking_fee'
    left join lateral (select case when i.kind = 'donation' then w.amount_cents else i.price_cents end as unit_cents) u on true
  ) priced`;
}
