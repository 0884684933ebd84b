import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { confirm, noticeBody, openTasks, register, tellsNow } from '../paybill/paybill.ts';
import { push, statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  world.simulator.control.setFloat({ shortcode: '174379', utilityShillings: 0, workingShillings: 0 });
  await world.clock.advance(24 * 3_600_000); // what was set is no line of today's statement
});
afterEach(() => world.stop());

const tell = (receipt: string, amount: number, reference: string) =>
  confirm(
    world,
    noticeBody({ ...tellsNow(world), TransID: receipt, TransAmount: `${amount}.00`, BillRefNumber: reference, MSISDN: 'a'.repeat(64) }),
  );
async function list(receipt: string, amount: number, typedReference: string) {
  const settled = await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'pull', [
    {
      receipt,
      amountCents: BigInt(amount) * 100n,
      typedReference,
      shortcode: '174379',
      prompts: true,
      times: [world.clock.now()],
      payer: {},
    },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(world.app, depositId);
  return settled.map(({ verdict }) => verdict);
}
async function sign() {
  const { bytes, name } = await exported(world, { from: '2026-11-22', to: '2026-11-24' });
  await importedAndSigned(world, bytes, name);
  await world.pass(2);
}
const atSafaricom = () => BigInt(Math.round((world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0) * 100));
const books = async () => {
  const { paybill_float = 0n, paybill_told = 0n, bank_clearing = 0n, suspense = 0n } = await balances(world.app.db);
  return { paybill_float, paybill_told, bank_clearing, suspense };
};

test.each(['told', 'told, then listed as proved'])(
  'a top-up that was %s as a customer’s payment is the organisation’s, once',
  async (how) => {
    const { receipt } = world.simulator.control.topUp({ amountShillings: 6_000 });
    await tell(receipt, 6_000, 'SHAMBA');
    await world.pass(1);
    if (how !== 'told') await list(receipt, 6_000, 'SHAMBA');
    expect(await books()).toMatchObject({ suspense: 600_000n, [how === 'told' ? 'paybill_told' : 'paybill_float']: 600_000n });
    await sign();
    const once = { paybill_float: 600_000n, paybill_told: 0n, bank_clearing: -600_000n, suspense: 0n };
    expect(await books()).toMatchObject(once);
    expect(await openTasks(world)).toMatchObject({ evidence_own_payout: 1 });
    expect(await openTasks(world)).not.toHaveProperty('unidentified_deposit');

    await tell(receipt, 6_000, 'OTHER');
    expect(await list(receipt, 6_000, 'SHAMBA')).toEqual(['own_payout']);
    await sign();
    expect(await books()).toMatchObject(once);
  },
);

test('of what is signed first a notice and a list book nothing: it is a task', async () => {
  const { receipt } = world.simulator.control.topUp({ amountShillings: 700 });
  world.simulator.control.sweep({ amountShillings: 200 });
  await sign();
  const [sweep] = await world.database.sql<{ receipt: string }>("select receipt from float_entry_lines where kind = 'sweep'");
  const before = await books();
  await tell(receipt, 700, 'SHAMBA');
  await tell(sweep?.receipt ?? '', 200, 'SHAMBA');
  expect(await list(receipt, 700, 'SHAMBA')).toEqual(['own_payout']);
  await world.pass(2);
  expect(await books()).toEqual(before);
  expect(before.paybill_float).toBe(atSafaricom());
  expect(await openTasks(world)).toMatchObject({ evidence_own_payout: 2 });
  await sign(); // a signed statement shows both as the books have them
  expect(await openTasks(world)).not.toHaveProperty('evidence_own_payout');
});

test('what was bought with a top-up is locked, and a person takes it back', async () => {
  const { paymentId } = await push(world); // nobody pays it
  const [payment] = await world.database.sql<{ reference: string; amount: number }>(
    'select reference, (amount_cents / 100)::int as amount from payments where id = $1',
    [paymentId],
  );
  const amount = payment?.amount ?? 0;
  await world.clock.advance(10 * 60_000);
  await world.pass(3);
  const { receipt } = world.simulator.control.topUp({ amountShillings: amount });
  await tell(receipt, amount, payment?.reference ?? '');
  await list(receipt, amount, payment?.reference ?? '');
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  await sign();
  const cents = BigInt(amount) * 100n;
  expect(await books()).toMatchObject({ paybill_float: cents, paybill_told: cents, bank_clearing: -cents });
  expect(await openTasks(world)).toMatchObject({ evidence_own_payout: 1, deposit_refuted: 1 });
});

test('a success that has a top-up’s receipt by a guess keeps its money and has no receipt', async () => {
  const { prompt } = await push(world, { phoneNumber: '254711111119' }); // its callback is lost
  expect(prompt).toBeDefined();
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.pass(3);
  const { receipt } = world.simulator.control.topUp({ amountShillings: 1_250 });
  await tell(receipt, 1_250, '');
  expect(await world.database.sql('select tied_by from deposits where receipt = $1', [receipt])).toEqual([{ tied_by: 'time' }]);
  await sign();
  expect((await books()).paybill_float).toBe(atSafaricom());
  expect(await world.database.sql('select 1 from deposits where receipt = $1', [receipt])).toEqual([]);
  expect(await openTasks(world)).toMatchObject({ evidence_own_payout: 1 });
});
