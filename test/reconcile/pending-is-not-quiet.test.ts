import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReceipt, payBill, register } from '../paybill/paybill.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { imported, signOff } from './importing.ts';
import { paid, plainFile, reversed } from './portal-file.ts';

// A file whose lines could not be read, or are not completed yet, is no file without a line.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 1_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

test.each([
  ['a time that is none', /\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, '45617.52'],
  ['an amount that is none', /100/g, '1OO'],
  ['pending', /Completed/g, 'Pending'],
])('lines with %s', async (_, what, instead) => {
  const at = world.clock.now();
  await world.clock.advance(24 * 3_600_000);
  const receipt = newReceipt(at);
  const { bytes, name } = plainFile('174379', at, 0, [paid(receipt, at, 100, 'SHAMBA'), reversed(newReceipt(at), at, 100, receipt)]);
  const file = Buffer.from(bytes.toString('utf8').replaceAll(what, instead));
  const shown = await imported(world, file, name);
  const answer = await signOff(world, shown.statementId, await signedIn(world, 'treasurer'));
  expect([answer.status, shown.problems.map(({ problem }) => problem).filter((problem) => problem.startsWith('It has no line'))]).toEqual([
    409,
    [],
  ]);
});
