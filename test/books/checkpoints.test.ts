import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { balanceOf, balances } from '#books/ledger/balance.ts';
import { compareBalances, moveCheckpoints } from '#books/ledger/move-checkpoints.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.database.sql(`insert into accounts (id, kind, name, parent) values
    ('paybill_float:174379', 'asset', 'Paybill 174379', 'paybill_float'), ('paybill_float:600001', 'asset', 'Paybill 600001', 'paybill_float')`);
});
beforeEach(async () => {
  await world.database.sql("update reviews set closed_at = now() where kind = 'balances_differ' and closed_at is null");
  await move();
});
afterAll(() => world.stop());

/** Until nothing is left: transactions of other databases hold the mark back too. */
const moveAll = () =>
  expect
    .poll(async () => {
      await move();
      return world.database.sql('select count(*)::int as n from transfers, ledger_mark where tx >= upto');
    })
    .toEqual([{ n: 0 }]);

const far = () => new Date(world.clock.now().getTime() + 60_000);
const move = () => moveCheckpoints(world.app, far());
const compare = () => compareBalances(world.app);

/** What stands where, by all transfers there are: the slow way, in words of its own. */
async function summed(): Promise<Record<string, bigint>> {
  const rows = await world.database.sql<{ account: string; cents: string }>(`
    select coalesce(a.parent, a.id) as account, sum(case when a.kind in ('asset', 'expense') then 1 else -1 end * (
      coalesce((select sum(amount_cents) from transfers where debit_account = a.id), 0) - coalesce((select sum(amount_cents) from transfers where credit_account = a.id), 0))) as cents
    from accounts a group by 1`);
  return Object.fromEntries(rows.map(({ account, cents }) => [account, BigInt(cents)]));
}

const book = (amountCents: bigint, debit: 'clearing' | `paybill_float:${string}` = 'paybill_float:174379') =>
  world.app.db.transaction((tx) =>
    transfer(tx, {
      kind: 'sale',
      sourceId: newId(),
      legs: [{ debit: debit as 'clearing', credit: 'sales', amountCents }],
      bookedAt: new Date(),
    }),
  );

const INSERT = `insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  values ($1::uuid, 'sale', $1::uuid::text, 1, 'paybill_float:174379', 'sales', $2, now())`;

async function connection(): Promise<pg.Client> {
  const client = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${world.database.name}`);
  client.on('error', () => undefined); // what a failed test leaves open ends with the database
  await client.connect();
  return client;
}

const mark = async () =>
  (await world.database.sql<{ upto: string | null; written: string }>('select upto::text, xmin::text as written from ledger_mark'))[0];

test('a balance is the same before the checkpoints are made, when they are, and when they have moved; parts count for what they are parts of', async () => {
  await book(1_000n);
  await book(250n, 'paybill_float:600001');
  await world.database.sql('update ledger_mark set upto = null');
  expect(await balances(world.app.db)).toEqual(await summed());
  await move();
  expect((await mark())?.upto).not.toBeNull();
  expect(await balances(world.app.db)).toEqual(await summed());
  await book(70n);
  expect(await balances(world.app.db)).toEqual(await summed());
  await moveAll();
  expect(await balances(world.app.db)).toEqual(await summed());
  const [own, both] = [await balanceOf(world.app.db, 'paybill_float:600001' as 'clearing'), await balanceOf(world.app.db, 'paybill_float')];
  expect(own).toBe(250n);
  expect(both).toBe((await summed()).paybill_float);
});

test('what a transaction has written when the mark moves, and commits afterwards, is counted once, however old its id is', async () => {
  const slow = await connection();
  await slow.query('begin');
  await slow.query(INSERT, ['01000000-0000-7000-8000-000000000001', 5_000]); // its clock is years behind
  await book(1n);
  await move();
  await move();
  expect(await balances(world.app.db)).toEqual(await summed()); // not there yet, for anybody
  await slow.query('commit');
  await slow.end();
  expect(await balances(world.app.db)).toEqual(await summed());
  await move();
  expect(await balances(world.app.db)).toEqual(await summed());
  expect(await compare()).toEqual({ differ: 0 });
});

test('what a transaction writes after the mark has moved, that began before, is counted once; so is what it gives up not at all', async () => {
  const [late, never] = [await connection(), await connection()];
  for (const client of [late, never]) await client.query('begin; select pg_current_xact_id()');
  await book(1n);
  await move();
  await late.query(INSERT, [newId(), 7_000]);
  await never.query(INSERT, [newId(), 9_000]);
  await move();
  await late.query('commit');
  await never.query('rollback');
  for (const client of [late, never]) await client.end();
  for (let n = 0; n < 2; n++) {
    expect(await balances(world.app.db)).toEqual(await summed());
    await move();
  }
  await world.clock.advance(86_400_000);
  expect(await compare()).toEqual({ differ: 0 });
  expect((await mark())?.upto).not.toBeNull();
});

test('whoever has locked an account and reads its balance in the next statement sees what others booked meanwhile', async () => {
  const before = await balanceOf(world.app.db, 'paybill_float');
  const [first, second] = [await connection(), await connection()];
  const lock = "select from accounts where id = 'paybill_float' for no key update";
  await first.query('begin');
  await first.query(lock);
  await second.query('begin');
  const waiting = second.query(lock);
  await first.query(INSERT, [newId(), 400]);
  await first.query('commit');
  await move(); // between the lock and the reading
  await waiting;
  expect(BigInt((await second.query("select held_1('paybill_float') as held")).rows[0].held)).toBe(before + 400n);
  await second.query(INSERT, [newId(), 30]);
  expect(BigInt((await second.query("select held_1('paybill_float') as held")).rows[0].held)).toBe(before + 430n); // one's own too
  await second.query('rollback');
  for (const client of [first, second]) await client.end();
});

test('many runs at once, in small pieces, some cut off, count everything once', async () => {
  for (let n = 0; n < 12; n++) await book(BigInt(100 + n));
  await world.app.db.transaction(async (tx) => {
    for (let n = 0; n < 5; n++)
      await transfer(tx, {
        kind: 'sale',
        sourceId: newId(),
        legs: [{ debit: 'clearing', credit: 'sales', amountCents: 9n }],
        bookedAt: new Date(),
      });
  });
  const cutOff = await connection();
  await cutOff.query('begin');
  await cutOff.query('select move_checkpoints_1(3)');
  await Promise.all(Array.from({ length: 6 }, () => world.database.sql('select move_checkpoints_1(2)')));
  await cutOff.query('rollback');
  await cutOff.end();
  let rounds = 0;
  for (let left = 1; left > 0; rounds++) {
    await world.database.sql('select move_checkpoints_1(2)');
    left = (await world.database.sql('select from transfers, ledger_mark where tx >= upto')).length;
    expect(await balances(world.app.db)).toEqual(await summed());
  }
  expect(rounds).toBeGreaterThan(5);
});

test('a minute in which nothing moved writes nothing', async () => {
  await moveAll();
  const before = await mark();
  expect(await move()).toEqual({ passed: 0 });
  expect(await mark()).toEqual(before);
});

test('at night a checkpoint that differs is found: it is used no more, a person has a task, and only when that is closed are they made again', async () => {
  await book(1n);
  await move();
  await world.clock.advance(86_400_000);
  await world.database.sql("update checkpoints set held_cents = held_cents + 100 where account = 'paybill_float'");
  expect(await balances(world.app.db)).not.toEqual(await summed());
  expect(await compare()).toEqual({ differ: 1 });
  expect(world.logLines.filter((line) => line.includes('balance_differs') && line.includes('paybill_float'))).toHaveLength(1);
  expect(await balances(world.app.db)).toEqual(await summed());
  expect(await world.database.sql("select subject from reviews where kind = 'balances_differ' and closed_at is null")).toEqual([
    { subject: 'ledger' },
  ]);
  await move();
  expect((await mark())?.upto).toBeNull();
  await world.database.sql("update reviews set closed_at = now() where kind = 'balances_differ'");
  await move();
  expect((await mark())?.upto).not.toBeNull();
  expect(await balances(world.app.db)).toEqual(await summed());
});

test('the nights are compared once each', async () => {
  await world.clock.advance(86_400_000);
  await compare();
  const before = await mark();
  await compare();
  expect(await mark()).toEqual(before);
});

test('a copy of the database in another server, whose transactions are counted from the beginning, does not go by the old mark', async () => {
  await book(3n);
  await world.database.sql("update ledger_mark set of_table = 'reviews'::regclass, upto = '9000000000'"); // as after a restore
  expect(await balances(world.app.db)).toEqual(await summed());
  await move();
  expect(Number((await mark())?.upto)).toBeLessThan(9_000_000_000);
  await book(4n);
  expect(await balances(world.app.db)).toEqual(await summed());
});

test('what is there from before checkpoints bears no number, and counts', async () => {
  await world.database.sql('alter table transfers drop constraint transfers_in_order');
  await world.database.sql(INSERT.replace('booked_at)', 'booked_at, tx)').replace('now())', 'now(), null)'), [newId(), 800]);
  await world.database.sql('alter table transfers add constraint transfers_in_order check (tx is not null) not valid');
  await world.database.sql('update ledger_mark set upto = null');
  await move();
  expect(await balances(world.app.db)).toEqual(await summed());
  await expect(
    world.database.sql(INSERT.replace('booked_at)', 'booked_at, tx)').replace('now())', 'now(), null)'), [newId(), 800]),
  ).rejects.toThrow('transfers_in_order');
});
