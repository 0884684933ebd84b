import { expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newId } from '#ground/db/columns.ts';
import { hourly, open } from '../float/watching.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

const TODAY = '2026-11-21';

async function enter(world: World, amount: number, on: string): Promise<void> {
  const body = { kind: 'sweep', amount, on, note: 'To KCB' };
  const asked = await world.send('POST', '/api/float-entries', { body, headers: await signedIn(world, 'treasurer') });
  const { entryId } = (await asked.json()) as { entryId: string };
  const approved = await world.send('POST', `/api/float-entries/${entryId}/approve`, {
    body: {},
    headers: await signedIn(world, 'treasurer'),
  });
  expect(approved.status).toBe(200);
}

test.each<[string, number[], string]>([
  ['one sum', [5_634], TODAY],
  ['the later alone', [3_598], TODAY],
  ['the later, then the earlier', [3_598, 2_036], TODAY],
  ['one sum with the day before', [5_634], '2026-11-20'],
  ['each with the day before, the later first', [3_598, 2_036], '2026-11-20'],
])('of two sweeps a statement books what nobody has entered, and the balances agree: entered was %s', async (_, entered, on) => {
  const world = await startWorld();
  try {
    expect((await register(world)).status).toBe(200);
    await payBill(world, { account: 'SHAMBA', amountShillings: 9_000 });
    await world.pass(6);
    await hourly(world, 2);
    for (const amountShillings of [2_036, 3_598]) {
      world.simulator.control.sweep({ amountShillings });
      await hourly(world, 2);
    }
    for (const amount of entered) await enter(world, amount, on);
    const { bytes, name } = await exported(world);
    await importedAndSigned(world, bytes, name);
    await hourly(world, 2);
    expect({ bank: (await balances(world.app.db)).bank_clearing, open: await open(world) }).toEqual({ bank: 563_400n, open: [] });
  } finally {
    await world.stop();
  }
});

test('the entry of a line’s amount is that line’s, although an earlier line could use it up', async () => {
  const world = await startWorld();
  try {
    expect((await register(world)).status).toBe(200);
    await payBill(world, { account: 'SHAMBA', amountShillings: 9_000 });
    await world.pass(6);
    const at = (minutes: number) => new Date(world.clock.now().getTime() + minutes * 60_000);
    const write = async (cents: number, on: string, explains?: Date, occurred?: Date) => {
      const id = newId();
      await world.database.sql(
        "insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, explains_from, state, asked_by, asked_at) values ($1, '174379', 'sweep', $2, $3, $4, 'asked', $5, $6)",
        [id, cents, on, explains ?? null, `person:${newId()}`, world.clock.now()],
      );
      await world.database.sql('select book_float_entry_2($1, $2, $3, null, $4)', [
        ...[id, `person:${newId()}`, occurred ?? world.clock.now(), world.clock.now()],
      ]);
    };
    await write(300_000, '2026-11-20');
    await write(150_000, TODAY, at(-30), at(30)); // of the first sweep alone
    world.simulator.control.sweep({ amountShillings: 2_000 });
    await world.clock.advance(2 * 3_600_000);
    world.simulator.control.sweep({ amountShillings: 3_000 });
    const { bytes, name } = await exported(world);
    const { lines } = await importedAndSigned(world, bytes, name);
    expect((await balances(world.app.db)).bank_clearing).toBe(500_000n);
    expect(lines.filter(({ kind }) => kind === 'sweep').map(({ verdict }) => verdict)).toEqual(['booked', 'agrees']);
  } finally {
    await world.stop();
  }
});
