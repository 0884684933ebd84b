import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleWithdrawal } from '#mpesa/payouts/settle-withdrawal.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let world: World;
beforeAll(async () => {
  world = await startWorld();
  const phoneNumber = newPhone();
  world.simulator.control.setBalance(phoneNumber, 250_000);
  const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
});
afterAll(() => world.stop());

/** A payout that was sent and whose result nobody posted. */
async function sent() {
  const [asker, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  const body = { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' };
  const { payoutId } = (await (await world.send('POST', '/api/payouts', { body, headers: asker })).json()) as { payoutId: string };
  await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: second });
  await world.pass(1);
  const [row] = await world.database.sql<{ id: string; decided_at: Date }>(
    'select w.id, p.decided_at from withdrawals w join payouts p on p.id = w.payout_id where p.id = $1',
    [payoutId],
  );
  if (!row) throw new Error('Nothing was sent.');
  return { withdrawalId: row.id, approvedAt: row.decided_at.getTime() };
}
const says = (withdrawalId: string, receipt: string, movedAt?: Date) =>
  settleWithdrawal(
    { db: world.app.db, now: world.clock.now() },
    {
      ...{ withdrawalId, source: 'b2c', body: `${receipt} ${movedAt?.toISOString()}`, says: 'paid', amountCents: 10_000n, receipt },
      ...{ originatorId: withdrawalId, shortcode: '174379', movedAt },
    },
  );
const movedAt = async (withdrawalId: string) =>
  (await world.database.sql<{ moved_at: Date | null }>('select moved_at from withdrawals where id = $1', [withdrawalId]))[0]?.moved_at;

test.each([
  ['UKLSTAMP01', 'between approval and hearing of it is when it moved', 5 * MINUTE, 5 * MINUTE],
  ['UKLSTAMP02', 'of a clock that is some seconds behind is the approval', -20 * SECOND, 0],
  ['UKLSTAMP03', 'of a clock that is some seconds ahead is when we heard', 10 * MINUTE + 15 * SECOND, 10 * MINUTE],
  ['UKLSTAMP04', 'from before the approval is none', -10 * MINUTE, null],
  ['UKLSTAMP05', 'of a day that has not come is none', 48 * 60 * MINUTE, null],
])('%s: a stamp %s', async (receipt, _, afterApproval, expected) => {
  const { withdrawalId, approvedAt } = await sent();
  await world.clock.advance(approvedAt + 10 * MINUTE - world.clock.now().getTime());
  expect((await says(withdrawalId, receipt, new Date(approvedAt + afterApproval))).verdict).toBe('pays');
  expect(await movedAt(withdrawalId)).toEqual(expected === null ? null : new Date(approvedAt + expected));
});

test('a stamp that comes after an answer without one is kept, and the first one stays', async () => {
  const { withdrawalId, approvedAt } = await sent();
  await world.clock.advance(10 * MINUTE);
  expect((await says(withdrawalId, 'UKLSTAMP06')).verdict).toBe('pays');
  await world.clock.advance(60 * MINUTE);
  for (const [minutes, expected] of [
    [90, null], // after we had heard of it
    [2, 2],
    [3, 2],
  ] as const) {
    expect((await says(withdrawalId, 'UKLSTAMP06', new Date(approvedAt + minutes * MINUTE))).verdict).toBe('known');
    expect(await movedAt(withdrawalId)).toEqual(expected === null ? null : new Date(approvedAt + expected * MINUTE));
  }
});
