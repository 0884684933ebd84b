import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { type Booking, transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const booking = (sourceId: string): Booking => ({
  kind: 'sale',
  sourceId,
  legs: [
    { debit: 'clearing', credit: 'sales', amountCents: 10_000n },
    { debit: 'clearing', credit: 'vat_payable', amountCents: 1_600n },
    { debit: 'clearing', credit: 'rounding', amountCents: 0n },
  ],
  bookedAt: new Date(),
});

test('an event is booked once, whoever reports it and how often; a leg of nothing is left out', async () => {
  const sourceId = newId();
  const before = await balances(world.app.db);
  const booked = await Promise.all(Array.from({ length: 8 }, () => world.app.db.transaction((tx) => transfer(tx, booking(sourceId)))));
  expect(booked.filter(Boolean)).toHaveLength(1);
  const after = await balances(world.app.db);
  expect((after.sales ?? 0n) - (before.sales ?? 0n)).toBe(10_000n);
  expect((after.clearing ?? 0n) - (before.clearing ?? 0n)).toBe(-11_600n);
  expect(await world.database.sql('select count(*)::int as n from transfers where source_id = $1', [sourceId])).toEqual([{ n: 2 }]);
});

test.each([
  ['update transfers set amount_cents = 1', 'append-only'],
  ['delete from transfers', 'append-only'],
  ['truncate transfers cascade', 'append-only'],
  ["update audit set actor = 'nobody'", 'append-only'],
  ['delete from audit', 'append-only'],
  ['truncate audit', 'append-only'],
])('the database itself refuses "%s"', async (statement, words) => {
  await world.app.db.transaction((tx) => transfer(tx, booking(newId())));
  await world.database.sql(
    "insert into audit (id, actor, action, subject, happened_at) values (gen_random_uuid(), 'test', 'tested', 'x', now())",
  );
  await expect(world.database.sql(statement)).rejects.toThrow(words);
});

test.each([
  ['nothing', { debit: 'clearing', credit: 'sales', amount: 0 }, 'transfers_positive'],
  ['less than nothing', { debit: 'clearing', credit: 'sales', amount: -5 }, 'transfers_positive'],
  ['one account to itself', { debit: 'sales', credit: 'sales', amount: 5 }, 'transfers_two_accounts'],
  ['an account nobody opened', { debit: 'clearing', credit: 'my_pocket', amount: 5 }, 'There is no account'],
])('the database refuses to move %s', async (_, { debit, credit, amount }, constraint) => {
  const statement = `insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
    values (gen_random_uuid(), 'sale', 'x', 1, $1, $2, $3, now())`;
  await expect(world.database.sql(statement, [debit, credit, amount])).rejects.toThrow(constraint);
});

test('all balances together are zero: what stands on one side came from the other', async () => {
  const kinds = Object.fromEntries(
    (await world.database.sql<{ id: string; kind: string }>('select id, kind from accounts')).map(({ id, kind }) => [id, kind]),
  );
  const all = Object.entries(await balances(world.app.db));
  const signed = all.map(([id, cents]) => (kinds[id] === 'asset' || kinds[id] === 'expense' ? cents : -cents));
  expect(signed.reduce((sum, cents) => sum + cents, 0n)).toBe(0n);
});
