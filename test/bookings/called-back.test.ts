import { afterAll, beforeAll, expect, test } from 'vitest';
import { decidePayout } from '#mpesa/payouts/decide-payout.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { type Marketplace, movedBy, openMarketplace } from './marketplace.ts';

// A list shows that the money of a decided fee, or of a refund, is another payment's, and it is taken back by itself, while a payout of it waits or is on its way.

let world: World;
let place: Marketplace;
let other = '';
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  other = await countedOf(await place.held());
  // what is owed to another provider stays theirs
  const owed = await place.held({ providerPhoneNumber: newPhone() });
  expect((await place.decidePayout(await asked(owed), 'decline')).status).toBe(200);
});
afterAll(() => world.stop());

const countedOf = async (paymentId: string) =>
  (await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]))[0]?.id ?? '';
/** What a list does whose row says that the receipt of this money is another movement's. */
const displace = (depositId: string) => world.database.sql('select merge_deposit_2($1, $2, $3)', [depositId, other, world.clock.now()]);
const tasks = (kind: string, subject: string) =>
  world.database.sql<{ words: string | null }>('select words from reviews where kind = $1 and subject = $2 and closed_at is null', [
    kind,
    subject,
  ]);
const stateOf = async (payoutId: unknown) =>
  (await world.database.sql<{ state: string }>('select state from payouts where id = $1', [payoutId]))[0]?.state;

async function released() {
  const bookingId = await place.held({ providerPhoneNumber: newPhone() });
  const depositId = await countedOf(bookingId);
  return { bookingId, depositId };
}
async function asked(bookingId: string): Promise<string> {
  await place.resolve(bookingId, { action: 'release', to: 'provider' });
  return String((await place.payoutOf(bookingId)).payoutId);
}
const stop = () => world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
const go = () => world.database.sql("delete from stops where name = 'payouts'");

test('a payout that nobody has approved is declined by itself, with a task and on the trail; the fee counts once, before and after', async () => {
  const { bookingId, depositId } = await released();
  const changes = await movedBy(world, async () => {
    const payoutId = await asked(bookingId);
    await displace(depositId);
    expect(await stateOf(payoutId)).toBe('declined');
    expect(await tasks('deposit_displaced', depositId)).toEqual([{ words: expect.stringContaining('was declined automatically') }]);
    expect(await world.database.sql("select actor from audit where action = 'payout_declined' and subject = $1", [payoutId])).toEqual([
      { actor: 'malipo' },
    ]);
    for (const decision of ['approve', 'decline'] as const)
      expect(await place.decidePayout(payoutId, decision)).toMatchObject({ status: 409, body: { code: 'payout_decided' } });
    expect((await place.resolve(bookingId, { action: 'retry-payout' })).body.code).toBe('deposit_refuted');
  });
  expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
  expect(await tasks('taken_back_short', depositId)).toEqual([]);
});

test('one that is approved and not sent is owed to us while it may leave, and no more once it did not: it counts once', async () => {
  const { bookingId, depositId } = await released();
  const changes = await movedBy(world, async () => {
    const payoutId = await asked(bookingId);
    await stop();
    expect((await place.decidePayout(payoutId)).status).toBe(200);
    const meanwhile = await movedBy(world, () => displace(depositId));
    expect(meanwhile).toEqual({ paybill_float: -116_000n, receivables: 116_000n });
    expect([await stateOf(payoutId), await tasks('taken_back_short', depositId)]).toEqual(['approved', [expect.anything()]]);
    await go();
    await world.pass(7);
    expect(await stateOf(payoutId)).toBe('rejected');
  });
  expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
  expect(await tasks('taken_back_short', depositId)).toEqual([]);
});

test('one that has left stays owed to us; so does one that arrives late', async () => {
  for (const late of [false, true]) {
    const { bookingId, depositId } = await released();
    const changes = await movedBy(world, async () => {
      const payoutId = await asked(bookingId);
      if (late) world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
      expect((await place.decidePayout(payoutId)).status).toBe(200);
      await world.pass(1);
      if (late)
        await world.database.sql(
          `select settle_withdrawal_4(w.id, 'b2c', 'x' || w.id, 'x', 'failed', null, null, false, w.id::text, null, null, null, '2040', '174379', null, $2) from withdrawals w where w.payout_id = $1`,
          [payoutId, world.clock.now()],
        );
      await displace(depositId);
      if (late) {
        expect(await stateOf(payoutId)).toBe('rejected');
        await world.database.sql(
          `select settle_withdrawal_4(w.id, 'b2c', 'y' || w.id, 'y', 'paid', w.amount_cents, 'UKX' || substr(md5(w.id::text), 1, 7), false, w.id::text, null, null, null, '0', '174379', null, $2) from withdrawals w where w.payout_id = $1`,
          [payoutId, world.clock.now()],
        );
      }
      await world.pass(3);
      expect(await stateOf(payoutId)).toBe('paid');
    });
    expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -232_000n, receivables: 116_000n });
  }
});

test.each(['approve', 'decline'] as const)('at the same moment as a treasurer says %s: it counts once', async (decision) => {
  for (let n = 0; n < 3; n++) {
    const { bookingId, depositId } = await released();
    const changes = await movedBy(world, async () => {
      const payoutId = await asked(bookingId);
      await stop();
      await Promise.all([displace(depositId), place.decidePayout(payoutId, decision)]);
      await go();
      await world.pass(7);
      expect(['declined', 'rejected']).toContain(await stateOf(payoutId));
    });
    expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
    expect(await tasks('taken_back_short', depositId)).toEqual([]);
  }
});

test('at the same moment as M-PESA rejects it: it counts once', async () => {
  for (let n = 0; n < 3; n++) {
    const { bookingId, depositId } = await released();
    const changes = await movedBy(world, async () => {
      const payoutId = await asked(bookingId);
      world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
      await decidePayout(world.app, { id: payoutId, decision: 'approve' }, {
        caller: { id: 'person:other', scopes: [] },
        requestId: 'x',
      } as never);
      await world.pass(1);
      await Promise.all([
        displace(depositId),
        world.database.sql(
          `select settle_withdrawal_4(w.id, 'b2c', 'z' || w.id, 'z', 'failed', null, null, false, w.id::text, null, null, null, '2040', '174379', null, $2) from withdrawals w where w.payout_id = $1`,
          [payoutId, world.clock.now()],
        ),
      ]);
      await world.pass(1);
    });
    expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
  }
});

test('while somebody decides about it, it waits for that: it counts once', async () => {
  const { bookingId, depositId } = await released();
  const changes = await movedBy(world, async () => {
    // what is decided is written, and not committed yet
    const held = world.database.sql('begin; lock table bookings in share mode; select pg_sleep(3); commit');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const decided = place.resolve(bookingId, { action: 'release', to: 'provider' });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await Promise.all([held, decided, displace(depositId)]);
    expect((await decided).status).toBe(200);
  });
  expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
});

test.each(['take-back', 'rejection'])('while the %s is not committed the other waits for it: it counts once', async (first) => {
  const { bookingId, depositId } = await released();
  const changes = await movedBy(world, async () => {
    const payoutId = await asked(bookingId);
    world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
    expect((await place.decidePayout(payoutId)).status).toBe(200);
    await world.pass(1);
    const takeBack = (slowly: string) =>
      world.database.sql(`select merge_deposit_2($1, $2, $3)${slowly}`, [depositId, other, world.clock.now()]);
    const reject = (slowly: string) =>
      world.database.sql(
        `select settle_withdrawal_4(w.id, 'b2c', 'v' || w.id, 'v', 'failed', null, null, false, w.id::text, null, null, null, '2040', '174379', null, $2)${slowly} from withdrawals w where w.payout_id = $1`,
        [payoutId, world.clock.now()],
      );
    const [slow, quick] = first === 'take-back' ? [takeBack, reject] : [reject, takeBack];
    const begun = slow(', pg_sleep(2)');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await Promise.all([begun, quick('')]);
    await world.pass(1);
    expect(await stateOf(payoutId)).toBe('rejected');
  });
  expect(changes).toEqual({ booking_escrow: -116_000n, paybill_float: -116_000n });
  expect(await tasks('taken_back_short', depositId)).toEqual([]);
});

test.each(['requested', 'approved'])('of a refund that is %s out of suspense: it counts once', async (when) => {
  expect((await register(world)).status).toBe(200);
  const phoneNumber = newPhone();
  const changes = await movedBy(world, async () => {
    const paying = await payBill(world, { account: 'SHAMBA', amountShillings: 700, phone: phoneNumber });
    await world.pass(6);
    const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
      'receipt' in paying ? paying.receipt : '',
    ]);
    const depositId = row?.id ?? '';
    const asking = { depositId, method: 'b2c', reason: 'Not ours', phoneNumber };
    const { body } = await place.send('/api/refunds', asking, await signedIn(world, 'treasurer'));
    await stop();
    if (when === 'approved') expect((await place.decidePayout(body.payoutId)).status).toBe(200);
    await displace(depositId);
    await go();
    await world.pass(7);
    expect(await stateOf(body.payoutId)).toBe(when === 'approved' ? 'rejected' : 'declined');
    expect(await tasks('taken_back_short', depositId)).toEqual([]);
  });
  expect(changes).toEqual({});
});
