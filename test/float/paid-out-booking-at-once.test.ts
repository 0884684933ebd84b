import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Marketplace, movedBy, openMarketplace } from '../bookings/marketplace.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';

// A booking's decided fee paid by hand, at once with a new payout of it, and before the rejected one arrives late.

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  for (let n = 0; n < 4; n++) await place.held();
});
afterAll(() => world.stop());

const treasurer = () => signedIn(world, 'treasurer');
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
const ask = async (receipt: string, amount: number, bookingId: string) =>
  place.send('/api/float-entries', { kind: 'paid_out', receipt, amount, on: today(), note: 'By hand', bookingId }, await treasurer());
const approve = async (entryId: unknown) => place.send(`/api/float-entries/${entryId}/approve`, {}, await treasurer());
async function byHand(amountShillings = 1_160): Promise<string> {
  const { receipt } = world.simulator.control.payByHand({ phone: newPhone(), amountShillings });
  await importedAndSigned(world, (await exported(world)).bytes);
  return receipt;
}
const settle = (payoutId: unknown, says: 'paid' | 'failed') =>
  world.database.sql(
    `select settle_withdrawal_4(w.id, 'b2c', $3 || w.id, 'x', $3, case $3 when 'paid' then w.amount_cents end, case $3 when 'paid' then 'UKX' || substr(md5(w.id::text), 1, 7) end, false, w.id::text, null, null, null, case $3 when 'paid' then '0' else '2040' end, '174379', null, $2) from withdrawals w where w.payout_id = $1`,
    [payoutId, world.clock.now(), says],
  );
async function rejected() {
  const bookingId = await place.held({ providerPhoneNumber: newPhone() });
  expect((await place.resolve(bookingId, { action: 'release', to: 'provider' })).status).toBe(200);
  const { payoutId } = await place.payoutOf(bookingId);
  world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  await place.decidePayout(payoutId);
  await world.pass(3);
  return { bookingId, payoutId };
}

test('at once with retry-payout: one of both', async () => {
  for (let n = 0; n < 3; n++) {
    const { bookingId } = await rejected();
    const entry = await ask(await byHand(), 1_160, bookingId);
    const answers = await Promise.all([approve(entry.body.entryId), place.resolve(bookingId, { action: 'retry-payout' })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  }
});

test('then the rejected one arrives: owed to us', async () => {
  const { bookingId, payoutId } = await rejected();
  const entry = await ask(await byHand(), 1_160, bookingId);
  const changes = await movedBy(world, async () => {
    expect((await approve(entry.body.entryId)).status).toBe(200);
    await world.pass(1);
    await settle(payoutId, 'paid');
    await world.pass(2);
  });
  expect(changes).toEqual({ booking_payable: -116_000n, paybill_float: -232_000n, receivables: 116_000n });
});

test('at the same moment as the rejected one arrives: it is refused, since nothing is owed any more', async () => {
  const { bookingId, payoutId } = await rejected();
  const entry = await ask(await byHand(), 1_160, bookingId);
  const changes = await movedBy(world, async () => {
    const arriving = world.database.sql(
      `select settle_withdrawal_4(w.id, 'b2c', 'late' || w.id, 'x', 'paid', w.amount_cents, 'UKX' || substr(md5(w.id::text), 1, 7), false, w.id::text, null, null, null, '0', '174379', null, $2), pg_sleep(2)
       from withdrawals w where w.payout_id = $1`,
      [payoutId, world.clock.now()],
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'payout_under_way' } });
    await arriving;
    await world.pass(2);
  });
  expect(changes).toEqual({ booking_payable: -116_000n, paybill_float: -116_000n });
});

test('a part by hand, the rest requested again and waiting, then the rejected one arrives: the rest does not leave', async () => {
  const { bookingId, payoutId } = await rejected();
  const entry = await ask(await byHand(1_000), 1_000, bookingId);
  const changes = await movedBy(world, async () => {
    expect((await approve(entry.body.entryId)).status).toBe(200);
    expect((await place.resolve(bookingId, { action: 'retry-payout' })).status).toBe(200);
    const rest = await place.payoutOf(bookingId);
    await settle(payoutId, 'paid');
    await world.pass(2);
    await place.decidePayout(rest.payoutId);
    await world.pass(6);
  });
  expect(changes).toEqual({ booking_payable: -116_000n, paybill_float: -216_000n, receivables: 100_000n });
});

test('fee returned to its payer by hand, then the refund that had been rejected arrives: owed to us, and refunded once', async () => {
  const phone = newPhone();
  const bookingId = await place.held({}, phone);
  expect((await place.resolve(bookingId, { action: 'refund' })).status).toBe(200);
  const { payoutId } = await place.payoutOf(bookingId);
  world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  await place.decidePayout(payoutId);
  await world.pass(3);
  const entry = await ask(await byHand(), 1_160, bookingId);
  const changes = await movedBy(world, async () => {
    expect((await approve(entry.body.entryId)).status).toBe(200);
    await world.pass(1);
    await settle(payoutId, 'paid');
    await world.pass(2);
  });
  expect(changes).toEqual({ booking_payable: -116_000n, paybill_float: -232_000n, receivables: 116_000n });
});
