import type pg from 'pg';
import { BASELINE_SCHEMA } from '../baseline/schema.ts';
import { PRICE_SHILLINGS, type Waiting } from './prompts.ts';

/** Makes the baseline's tables in an empty database and writes the prompts into them. */
export async function fillBaseline(client: pg.Client, prompts: Waiting[]): Promise<void> {
  await client.query(BASELINE_SCHEMA);
  await client.query(`insert into payments (amount_cents, status) select $1, 'pending' from generate_series(1, $2::int)`, [
    ...[PRICE_SHILLINGS * 100, prompts.length],
  ]);
  await client.query(
    `insert into attempts (payment_id, checkout_id, amount_cents, state)
      select n, checkout, $1, 'pending' from unnest($2::text[]) with ordinality w (checkout, n)`,
    [PRICE_SHILLINGS * 100, prompts.map(({ checkoutRequestId }) => checkoutRequestId)],
  );
}
