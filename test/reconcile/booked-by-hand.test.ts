import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReceipt, payBill, register } from '../paybill/paybill.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { imported, importedAndSigned, signOff } from './importing.ts';
import { type Line, portalFile } from './portal-file.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
  await world.clock.advance(24 * 3_600_000);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('what was booked as paid by hand opens no task again when an overlapping statement is signed later', async () => {
  const at = world.clock.now();
  const line = (n: number): Line => ({
    ...{
      receipt: newReceipt(at),
      at: new Date(at.getTime() + n * 1_000),
      shillings: 10 + n,
      out: true,
      party: '2547****126 - JANE **** DOE',
    },
    ...{ details: 'Business Payment to Customer to 2547****126 - JANE **** DOE', reason: 'Business Payment to Customer' },
  });
  const lines = Array.from({ length: 21 }, (_, n) => line(n));
  const [first] = lines as [Line, ...Line[]]; // of more than twenty, the statement has the task
  await world.clock.advance(3_600_000);
  await importedAndSigned(world, portalFile('174379', at, world.clock.now(), 20_000, lines));
  const overlapping = await imported(world, portalFile('174379', at, world.clock.now(), 20_000, [first]), 'part.csv');
  const today = new Date(at.getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  const entry = await send('/api/float-entries', {
    kind: 'paid_out',
    receipt: first.receipt,
    amount: first.shillings,
    on: today,
    note: 'By hand',
  });
  expect(await send(`/api/float-entries/${entry.body.entryId}/approve`, {})).toMatchObject({ status: 200 });
  expect((await signOff(world, overlapping.statementId, await signedIn(world, 'treasurer'))).status).toBe(200);
  await world.pass(2);
  expect(
    await world.database.sql("select subject from reviews where kind = 'statement_money_out' and subject = $1 and closed_at is null", [
      first.receipt,
    ]),
  ).toEqual([]);
});
