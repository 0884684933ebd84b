import { afterEach, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { alerts, hourly, open, SHORTCODE, startWatched, tasks } from './watching.ts';

let world: World;
afterEach(() => world.stop());
const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** A customer's payment that nobody told us, and that two people called a top-up. */
async function calledTopUp(): Promise<{ receipt: string; at: Date }> {
  world = await startWatched();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 0, workingShillings: 0 });
  await register(world);
  await hourly(world, 2);
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  const at = world.clock.now();
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 9_000, account: 'SHAMBA' });
  if (!('receipt' in paid)) throw new Error('Not paid.');
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 9_000]]);
  const { body } = await send('/api/float-entries', { kind: 'top_up', amount: 9_000, on: '2026-11-21', note: 'From KCB' });
  expect((await send(`/api/float-entries/${body.entryId}/approve`, {})).status).toBe(200);
  await hourly(world);
  expect(await open(world)).toEqual([]);
  return { receipt: paid.receipt, at };
}
/** As if it had been explained so much longer ago. */
const age = (days: number) =>
  world.database.sql("update float_differences set explained_at = explained_at - make_interval(days => $1) where shortcode = '174379'", [
    days,
  ]);
async function provedByStatement({ receipt, at }: { receipt: string; at: Date }): Promise<void> {
  const line = { receipt, amountCents: 900_000n, typedReference: 'SHAMBA', shortcode: SHORTCODE, prompts: true, times: [at] };
  for (const { depositId } of await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'statement', [line]))
    if (depositId) await allocate(world.app, depositId);
}
const signed = (days: number) =>
  world.database.sql(
    `insert into statements (id, state, file_name, parts, shortcode, covers_from, covers_to, uploaded_by, uploaded_at, decided_by, decided_at)
    select '018f0000-0000-7000-8000-000000000001', 'done', 'old.csv', 1, $1, $2::timestamptz - make_interval(days => $3), $2::timestamptz, 'a', $2::timestamptz, 'b', $2::timestamptz`,
    [SHORTCODE, world.clock.now().toISOString(), days],
  );

test.each([3, 12, 60])(
  'a customer’s payment that two people called a top-up opens the difference again when a statement proves it %i days later',
  async (days) => {
    const payment = await calledTopUp();
    await age(days);
    await provedByStatement(payment);
    await hourly(world);
    expect(await open(world)).toEqual([[SHORTCODE, -9_000]]);
  },
);

test('and later still, when a statement of that time is signed off', async () => {
  const payment = await calledTopUp();
  await age(200);
  await provedByStatement(payment);
  await hourly(world);
  expect(await open(world)).toEqual([]);
  await signed(210);
  await hourly(world);
  expect(await open(world)).toEqual([[SHORTCODE, -9_000]]);
});

test('those that were explained long ago take turns, ten at once: each has its own within hours', async () => {
  const payment = await calledTopUp();
  await age(20);
  await world.database.sql(
    `insert into float_differences (id, shortcode, amount_cents, since_at, since_cents, first_at, first_cents, second_at, second_cents, found_at, explained_at)
    select ('018f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, shortcode, 0, first_at, first_cents, first_at, first_cents, first_at, first_cents, found_at, explained_at
    from float_differences cross join generate_series(1, 25) n`,
  );
  await provedByStatement(payment);
  const worked = async () => (await world.database.sql('select from float_differences where reworked_at is not null')).length;
  await hourly(world);
  expect(await worked()).toBe(10);
  await hourly(world, 2);
  expect([await worked(), await open(world)]).toEqual([26, [[SHORTCODE, -9_000]]]);
});

test('a payment from before the first balance that two people called capital opens a task when a statement proves it, once, until it is booked back', async () => {
  world = await startWatched();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 0, workingShillings: 0 });
  await register(world);
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  const at = world.clock.now();
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 9_000, account: 'SHAMBA' });
  if (!('receipt' in paid)) throw new Error('Not paid.');
  await world.clock.advance(60_000);
  await hourly(world, 3);
  const enter = async (kind: string) => {
    const { body } = await send('/api/float-entries', { kind, amount: 9_000, on: '2026-11-21', note: 'Capital' });
    return (await send(`/api/float-entries/${body.entryId}/approve`, {})).status;
  };
  expect(await enter('top_up')).toBe(200);
  await hourly(world);
  expect(await tasks(world)).toEqual([]);
  await provedByStatement({ receipt: paid.receipt, at });
  await hourly(world, 3);
  const task = `${SHORTCODE}:before the first balance`;
  expect([await open(world), await tasks(world), (await alerts(world)).length]).toEqual([[], [task], 1]);
  expect((await alerts(world))[0]).toContain('the books have KES 9,000 more than it had');
  expect(await enter('sweep')).toBe(200);
  await hourly(world, 2);
  expect([await open(world), await tasks(world)]).toEqual([[], []]);
});
