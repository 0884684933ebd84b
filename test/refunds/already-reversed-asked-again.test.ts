import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A reversal whose first request was lost on its way and which was asked again: "already reversed" may be what somebody gave back by hand, in part. The signed statement shows how much.

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

test('the difference is not silent: float or a task says that only 200 have left', async () => {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  world.simulator.control.reverseByHand({ receipt: 'receipt' in paid ? paid.receipt : '', amountShillings: 200 });
  world.simulator.control.fault({ api: 'reversal', fault: 'drop-before', times: 1 });
  const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(20);
  const day = today();
  await world.clock.advance(24 * 3_600_000);
  const { bytes, name } = await exported(world, { from: day, to: day });
  await importedAndSigned(world, bytes, name);
  await world.pass(10);
  const tasks = Object.keys(await openTasks(world));
  expect((await float()) === really() || tasks.some((kind) => kind.startsWith('statement_'))).toBe(true);
});

test('asked again since the first answer was lost, it means that the first was taken: it is paid', async () => {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  const before = (await float()) - really();
  world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
  world.simulator.control.fault({ api: 'reversal', fault: 'drop-after', times: 1 });
  const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(20);
  const said = await world.database.sql(
    'select p.state, w.result_code as code from payouts p join withdrawals w on w.payout_id = p.id where p.id = $1',
    [body.payoutId],
  );
  expect([said, (await float()) - really(), (await statusOf(world, paymentId)).status]).toEqual([
    [{ state: 'paid', code: 'R000001' }],
    before,
    'reversed',
  ]);
});
