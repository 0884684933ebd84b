import type pg from 'pg';
import { createApp } from '#app.ts';
import { readPayment } from '#desk/payments/read-payment.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { requestStkPush } from '#mpesa/payments/request-stk-push.ts';
import { StkPushInput } from '#mpesa/payments/stk-push-input.ts';
import { createSimulator } from '../../dev/daraja/simulator.ts';
import { createVirtualClock } from '../../dev/virtual-clock.ts';
import { PRICE_SHILLINGS, type Waiting } from './prompts.ts';
import { settings } from './settings.ts';

/**
 * Opens one payment as the product does, against the simulated Safaricom, and copies it once for each prompt: whatever columns a payment has, the rows are as it
 * writes them.
 */
export async function fillOurs(client: pg.Client, databaseUrl: string, prompts: Waiting[]): Promise<void> {
  await client.query(
    `insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('coffee', 'Coffee, 250 g', 'product', $1, 'B', now())`,
    [PRICE_SHILLINGS * 100],
  );
  const { payment, attempt } = await openOne(client, databaseUrl);
  for (let at = 0; at < prompts.length; at += 5_000) {
    const some = prompts.slice(at, at + 5_000);
    const payments = some.map(({ paymentId, attemptId, phone }) => ({
      ...{ id: paymentId, reference: `BENCH-${phone}`, latest_attempt_id: attemptId, phone_hash: lookupHash(phone) },
    }));
    const attempts = some.map(({ paymentId, attemptId, phone, checkoutRequestId }) => ({
      ...{ id: attemptId, payment_id: paymentId, phone_hash: lookupHash(phone), phone_tail: phone.slice(-3) },
      checkout_hash: lookupHash(checkoutRequestId),
    }));
    await copy(client, 'payments', payment, payments);
    await copy(client, 'attempts', attempt, attempts);
  }
}

async function openOne(client: pg.Client, databaseUrl: string) {
  const simulator = await createSimulator({ clock: createVirtualClock(new Date()) }); // its customer never gets round to answering
  const app = createApp(settings(databaseUrl, simulator.url), { log: { info() {}, warn() {}, error: console.error } });
  try {
    const call = { requestId: 'bench', caller: { id: 'public', scopes: [] }, address: '127.0.0.1' };
    await requestStkPush(readPayment)(app, StkPushInput.parse({ phoneNumber: '0799000000', items: [{ sku: 'coffee' }] }), call);
  } finally {
    await app.db.close();
    await simulator.stop();
  }
  const { rows } = await client.query<{ payment: string; attempt: string }>(
    'select p.id as payment, a.id as attempt from payments p join attempts a on a.payment_id = p.id where a.checkout_hash is not null',
  );
  if (!rows[0]) throw new Error('The first payment was not opened.');
  return rows[0];
}

/** Copies a row of a table once for each of `changes`. */
const copy = (client: pg.Client, table: string, id: string, changes: object[]) =>
  client.query(
    `insert into ${table} select made.* from ${table} template, jsonb_array_elements($2::jsonb) change, jsonb_populate_record(template, change) made
      where template.id = $1`,
    [id, JSON.stringify(changes)],
  );
