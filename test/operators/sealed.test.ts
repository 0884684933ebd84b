import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSeal } from '../../dev/seal.ts';
import { push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

const CANARY = 'Kanari ya siri 4719';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.database.sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('match', 'Matching fee', 'booking_fee', 50000, 'B', now())",
  );
});
afterAll(() => world.stop());

/** Every column that holds the canary in clear. */
async function foundInClear(): Promise<string[]> {
  const columns = await world.database.sql<{ table_name: string; column_name: string }>(
    "select table_name, column_name from information_schema.columns where table_schema = 'public' order by 1, 2",
  );
  const found: string[] = [];
  for (const { table_name: table, column_name: column } of columns) {
    const [row] = await world.database.sql<{ n: number }>(
      `select count(*)::int as n from "${table}" where position($1 in "${column}"::text) > 0`,
      [CANARY],
    );
    if (row?.n) found.push(`${table}.${column}`);
  }
  return found;
}
const metadata = { note: CANARY, table: 7 };
const json = async (response: Response) => (await response.json()) as Record<string, unknown>;
const history = async () => {
  const headers = await operator(world, 'payments:read');
  return (await json(await world.send('GET', '/api/payments', { headers }))).payments as { metadata: unknown }[];
};
const payoutReasons = async () => {
  const { headers } = await signInAs(world, 'treasurer');
  return ((await json(await world.send('GET', '/api/payouts', { headers }))).payouts as { reason: string }[]).map(({ reason }) => reason);
};

test('what a caller says of a payment, a booking and a payout is kept in clear nowhere, answers to be repeated included, and is read back', async () => {
  await push(world, { metadata }, { 'idempotency-key': 'metadata-of-a-payment' });
  const key = { ...(await operator(world, 'bookings:write', 'payouts:request')), 'idempotency-key': 'words-of-an-operator' };
  const booked = await world.send('POST', '/api/bookings', { body: { sku: 'match', phoneNumber: '0712000444', metadata }, headers: key });
  expect(booked.status).toBe(201);
  const asked = { phoneNumber: '0712000445', amount: 500, reason: CANARY };
  const payout = await world.send('POST', '/api/payouts', { body: asked, headers: { ...key, 'idempotency-key': 'words-of-a-payout-1' } });
  expect(payout.status).toBe(201);

  expect(await foundInClear()).toEqual([]);
  expect((await history()).map((payment) => payment.metadata)).toEqual([metadata, metadata]);
  expect(await payoutReasons()).toEqual([CANARY]);
  const again = await world.send('POST', '/api/bookings', { body: { sku: 'match', phoneNumber: '0712000444', metadata }, headers: key });
  expect([again.headers.get('idempotent-replayed'), await again.text()]).toEqual(['true', await booked.clone().text()]);
});

test('what was kept in clear before is read, and sealed by a command that may be stopped, repeated and run twice at once', async () => {
  const copies = (table: string, many: number, changes: string) =>
    `insert into ${table} select r.* from ${table} p, generate_series(1, ${many}) n, jsonb_populate_record(null::${table}, to_jsonb(p) || ${changes}) r
    where p.id = (select id from ${table} limit 1)`;
  await world.database.sql(
    copies(
      'payments',
      1203,
      "jsonb_build_object('id', gen_random_uuid(), 'reference', 'PY-' || n, 'metadata', $1::jsonb, 'metadata_sealed', null)",
    ),
    [JSON.stringify(metadata)],
  );
  await world.database.sql(
    copies('payouts', 7, "jsonb_build_object('id', gen_random_uuid(), 'reference', 'PO-' || n, 'reason', $1::text, 'reason_sealed', null)"),
    [CANARY],
  );
  expect(await foundInClear()).toEqual(['payments.metadata', 'payouts.reason']);
  expect((await history())[0]?.metadata).toEqual(metadata);
  expect(await payoutReasons()).toEqual(Array(8).fill(CANARY));

  const said: string[] = [];
  await Promise.all([runSeal(world.app.db, (line) => said.push(line)), runSeal(world.app.db, (line) => said.push(line))]);
  await runSeal(world.app.db, (line) => said.push(line));
  expect(said.slice(-2)).toEqual(['Metadata of payments sealed: 0.', 'Reasons of payouts sealed: 0.']);
  expect(await foundInClear()).toEqual([]);
  expect((await history()).every((payment) => JSON.stringify(payment.metadata) === JSON.stringify(metadata))).toBe(true);
  expect(await payoutReasons()).toEqual(Array(8).fill(CANARY));
});
