import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks } from '../paybill/paybill.ts';
import { counts, exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { booksBalance, type World } from '../world/world.ts';
import { expectWhole, openTill, playMorning, TILL } from './morning.ts';

let world: World;
beforeAll(async () => {
  world = await openTill('off');
});
afterAll(() => world.stop());

test('a morning without confirmations and none afterwards: 137 payments at one till, pull off, are whole by one statement that two people sign', async () => {
  const morning = await playMorning(world, () => world.clock.advance(70_000));
  await world.pass(190);
  for (const id of morning.prompted) expect(await statusOf(world, id)).toMatchObject({ status: 'paid', mpesaReceiptNumber: null });
  const before = await booksBalance(world);
  expect(before.truthCents - before.floatCents).toBeGreaterThan(100n * 10_000n); // nobody told us

  const { bytes, name } = await exported(world, { shortcode: '174379' });
  const shown = await importedAndSigned(world, bytes, name);
  expect(shown).toMatchObject({ state: 'done', whole: true, refutes: true, progress: { lines: 137 } });
  const found = counts(shown);
  expect((found['names in'] ?? 0) + (found['missing_here in'] ?? 0)).toBe(137);
  await world.pass(3);
  expect((await booksBalance(world)).truthCents).toBe(before.truthCents);
  await expectWhole(world, morning);
  for (const kind of Object.keys(await openTasks(world))) expect(kind).not.toMatch(/^statement_/);

  // once more, with what was paid since
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 90, shortcode: TILL, account: '' });
  await world.pass(6);
  await importedAndSigned(world, (await exported(world, { shortcode: '174379' })).bytes);
  await world.pass(2);
  const end = await booksBalance(world);
  expect(end.floatCents).toBe(end.truthCents);
}, 300_000);
