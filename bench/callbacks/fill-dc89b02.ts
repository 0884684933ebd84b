import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { lookupHash } from '#ground/db/encryption.ts';
import { PRICE_SHILLINGS, type Waiting } from './prompts.ts';

/** The migrations that there were at dc89b02. */
const MIGRATIONS = [
  ...[
    '0000_first',
    '0001_rules',
    '0002_members_and_loans',
    '0003_loan_accounts',
    '0004_digests',
    '0005_payouts_by_subject',
    '0006_run_rounds',
  ],
];

/** Today's client asks once whose the database is, and with which keys its hashes are made; at dc89b02 nobody could say. */
const REFUSES_NOBODY = `
  create function refuse_other_environment_1(text) returns text language sql stable return null;
  create function refuse_other_lookup_key_1(int, text) returns text language sql stable return null`;

/** Brings an empty database to the schema of dc89b02 and writes the prompts as that commit did. */
export async function fillDc89b02(client: pg.Client, prompts: Waiting[]): Promise<void> {
  for (const name of MIGRATIONS) await client.query(await readFile(new URL(`../../drizzle/${name}.sql`, import.meta.url), 'utf8'));
  await client.query(REFUSES_NOBODY);
  const columns = [
    prompts.map(({ paymentId }) => paymentId),
    prompts.map(({ attemptId }) => attemptId),
    prompts.map(({ phone }) => phone),
    prompts.map(({ phone }) => lookupHash(phone)),
    prompts.map(({ checkoutRequestId }) => lookupHash(checkoutRequestId)),
  ];
  const waiting =
    'unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) w (payment, attempt, phone, phone_hash, checkout_hash)';
  await client.query(
    `insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, status, latest_attempt_id, created_at)
      select payment, 'BENCH-' || phone, 'order', 'public',
        jsonb_build_array(jsonb_build_object('sku', 'coffee', 'name', 'Coffee, 250 g', 'kind', 'product', 'quantity', 1, 'unitCents', '65000', 'grossCents', '65000', 'vatClass', 'B')),
        'en', repeat('x', 72), phone_hash, $6, $6, 'pending', attempt, now() from ${waiting} where checkout_hash is not null`,
    [...columns, PRICE_SHILLINGS * 100],
  );
  await client.query(
    `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live_until, checkout_request_id, checkout_hash, query_due_at, created_at)
      select attempt, payment, phone_hash, right(phone, 3), $6, 'pending', now() + interval '75 seconds', repeat('x', 100), checkout_hash,
        now() + interval '20 seconds', now() from ${waiting}`,
    [...columns, PRICE_SHILLINGS * 100],
  );
}
