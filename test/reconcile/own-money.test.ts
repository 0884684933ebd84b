import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newId } from '#ground/db/columns.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { openTasks, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { counts, exported, importedAndSigned, show } from './importing.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  world.simulator.control.switch({ fees: 'tariff', paybillPayer: 'business' });
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6); // its receipt is proved by a status answer
});
afterAll(() => world.stop());

/** What stands on the account at Safaricom, by its own statement: everything that moved it. */
const atSafaricom = () => BigInt(Math.round((world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0) * 100));
const books = async () => {
  const { paybill_float = 0n, mpesa_charges = 0n, bank_clearing = 0n, clearing = 0n } = await balances(world.app.db);
  return { paybill_float, mpesa_charges, bank_clearing, clearing };
};
const tasksOf = (kind: string) =>
  world.database.sql<{ subject: string }>('select subject from reviews where kind = $1 and closed_at is null order by subject', [kind]);
const entries = () =>
  world.database.sql(
    'select kind, state, amount_cents::int as cents, line_key is not null as has_line from float_entries order by kind, amount_cents',
  );

test('charges are expenses, sweeps are on their way to the bank and top-ups come from it, each booked once however often it is imported', async () => {
  const opening = atSafaricom() - (await books()).paybill_float; // charges of what was paid before, known to nobody yet
  expect(opening).toBeLessThan(0n);
  world.simulator.control.sweep({ amountShillings: 5_000, toBank: true });
  world.simulator.control.topUp({ amountShillings: 3_000 });
  const first = await importedAndSigned(world, (await exported(world)).bytes);
  expect(counts(first)).toEqual({ 'agrees in': 1, 'charge out': 1, 'sweep out': 1, 'top_up in': 1 });
  expect((await books()).paybill_float).toBe(atSafaricom());
  expect(await books()).toMatchObject({ bank_clearing: 200_000n, mpesa_charges: -opening });

  // an overlapping one, one that names no account, and one of the settlement account, where the sweep has arrived
  await payBill(world, { account: 'SHAMBA', amountShillings: 1_000 });
  await world.pass(2);
  const before = await entries();
  for (const order of [{}, { layout: 'V2' as const }, { account: 'settlement' as const }]) {
    const { bytes, name } = await exported(world, order);
    await importedAndSigned(world, bytes, name);
    expect([order, (await books()).paybill_float]).toEqual([order, atSafaricom()]);
  }
  expect((await entries()).length).toBe(before.length + 1); // the charge of the new payment
  expect((await books()).clearing).toBe(0n);
});

test('what a person has booked or asked for in these days is the line, and is not booked twice', async () => {
  const [asker, decider] = [`person:${newId()}`, `person:${newId()}`];
  const enter = async (kind: string, cents: number, decided: boolean) => {
    const id = newId();
    await world.database.sql(
      "insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at) values ($1, '174379', $2, $3, $4, 'asked', $5, $6)",
      [id, kind, cents, nairobiDay(new Date(world.clock.now().getTime() - 2 * 86_400_000)), asker, world.clock.now()],
    );
    if (decided) await world.database.sql('select book_float_entry_2($1, $2, null, null, $3)', [id, decider, world.clock.now()]);
    return id;
  };
  const booked = await enter('sweep', 123_400, true);
  const asked = await enter('top_up', 432_100, false);
  world.simulator.control.sweep({ amountShillings: 1_234 });
  world.simulator.control.topUp({ amountShillings: 4_321 });
  await importedAndSigned(world, (await exported(world)).bytes);
  expect((await books()).paybill_float).toBe(atSafaricom());
  expect(
    await world.database.sql(
      'select state, line_key is not null as has_line, proved_by from float_entries where id = any($1) order by kind',
      [[booked, asked]],
    ),
  ).toEqual([
    { state: 'booked', has_line: true, proved_by: null },
    { state: 'booked', has_line: true, proved_by: 'statement' },
  ]);
});

describe('what people did in the portal by hand', () => {
  test('is a task with its receipt: money that was refunded, and money that was sent', async () => {
    const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 700 });
    await world.pass(2);
    const original = 'receipt' in paid ? paid.receipt : '';
    world.simulator.control.reverseByHand({ receipt: original });
    const { receipt } = world.simulator.control.payByHand({ phone: newPhone(), amountShillings: 450 });
    const shown = await importedAndSigned(world, (await exported(world)).bytes);
    expect(counts(shown)).toMatchObject({ 'reversed out': 1, 'missing_here out': 1 });
    expect(await tasksOf('statement_reversed')).toEqual([{ subject: original }]);
    expect(await tasksOf('statement_money_out')).toEqual([{ subject: receipt }]);
    expect((await show(world, shown.statementId, '?finding=reversed')).lines).toMatchObject([
      { kind: 'reversal', details: expect.stringContaining('Reversal') },
    ]);
    // once looked at, an overlapping statement does not ask again
    await world.database.sql(
      "update reviews set closed_at = now(), closed_by = 'test' where kind in ('statement_reversed', 'statement_money_out')",
    );
    await payBill(world, { account: 'SHAMBA', amountShillings: 10 });
    await importedAndSigned(world, (await exported(world)).bytes);
    expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
    expect(await openTasks(world)).not.toHaveProperty('statement_money_out');
  });
});

test('a refund that we asked for agrees, and our payouts do, with their charges', async () => {
  const [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 640 });
  await world.pass(5);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in paid ? paid.receipt : '',
  ]);
  const asked = [
    await world.send('POST', '/api/refunds', { body: { depositId: deposit?.id, reason: 'Not ours', method: 'reversal' }, headers: asker }),
    await world.send('POST', '/api/payouts', {
      body: { phoneNumber: newPhone(), amount: 350, reason: 'Transport' },
      headers: asker,
    }),
  ];
  for (const answer of asked) {
    expect(answer.status).toBe(201);
    const { payoutId } = (await answer.json()) as { payoutId: string };
    expect((await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: approver })).status).toBe(200);
  }
  await world.pass(5);
  const shown = await importedAndSigned(world, (await exported(world)).bytes);
  expect(counts(shown)).toMatchObject({ 'agrees out': 2 });
  expect((await show(world, shown.statementId, '?finding=missing_there')).movements).toEqual([]);
  expect(await openTasks(world)).not.toHaveProperty('statement_missing_there');
});
