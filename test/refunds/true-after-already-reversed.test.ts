import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// Safaricom worked our one request twice: "already reversed" comes first, the result of the reversal itself, with its receipt, after a signed statement has shown it.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const really = () => world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0;
const float = async () => Number((await balances(world.app.db)).paybill_float ?? 0n) / 100;
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

test.each(['before the statement', 'at the sign-off', 'after the statement', 'after the take-back'] as const)(
  '%s: it has left once',
  async (when) => {
    const { paymentId, reference } = await owe(world);
    const amount = (await statusOf(world, paymentId)).amount as number;
    const paid = await payBill(world, { account: reference, amountShillings: amount });
    await world.pass(6);
    const receipt = 'receipt' in paid ? paid.receipt : '';
    const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
    const { receipt: reversal } = world.simulator.control.reverseByHand({ receipt });
    const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
    await post(`/api/payouts/${body.payoutId}/decision`, {});
    await world.pass(10);
    const tell = async () => {
      const [said] = await world.database.sql(
        `select settle_withdrawal_4(w.id, 'reversal', 'y' || w.id, 'y', 'paid', w.amount_cents, $3, false, w.id::text, null, null, $4, '0', '174379', null, $2) as verdict from withdrawals w where w.payout_id = $1`,
        [body.payoutId, world.clock.now(), reversal, receipt],
      );
      await world.pass(3);
      return said;
    };
    if (when === 'before the statement') await tell();
    const day = today();
    await world.clock.advance(24 * 3_600_000);
    const { bytes, name } = await exported(world, { from: day, to: day });
    await importedAndSigned(world, bytes, name);
    if (when === 'at the sign-off') await tell();
    await world.pass(10);
    if (when === 'after the statement') await tell();
    if (when !== 'before the statement') await post(`/api/deposits/${deposit?.id}/take-back`, { reason: 'Given back' });
    await world.pass(3);
    if (when === 'after the take-back') await tell();
    const [state] = await world.database.sql('select state from payouts where id = $1', [body.payoutId]);
    expect(await openTasks(world)).not.toHaveProperty('payout_already_reversed');
    const { receivables = 0n } = await balances(world.app.db);
    expect([when, state, await float(), receivables, Object.keys(await openTasks(world))]).toEqual([
      when,
      state,
      really(),
      0n,
      expect.anything(),
    ]);
  },
);
