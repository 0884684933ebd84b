import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newReceipt, payBill, register } from '../paybill/paybill.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { imported, importedAndSigned } from './importing.ts';
import { paid, plainFile, portalFile, reversed } from './portal-file.ts';

// A payment of 1,000 is given back in the portal in two parts, whose lines bear one receipt. The running balance goes through both.

const HEAD = '174379';
const PHONE = '254712345126'; // as the lines mask it
let world: World;
let payment: { depositId: string; receipt: string; at: Date };
beforeEach(async () => {
  world = await startWorld();
  await register(world);
  const paying = await payBill(world, { account: 'SCHOOL', amountShillings: 1_000, phone: PHONE });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string; at: Date }>('select id, moved_at as at from deposits where receipt = $1', [receipt]);
  payment = { depositId: row?.id ?? '', receipt, at: new Date(row?.at ?? 0) };
});
afterEach(() => world.stop());
const after = (seconds: number) => new Date(payment.at.getTime() + seconds * 1_000);
const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return (await response.json()) as Record<string, unknown>;
};

test.each([
  ['of other amounts', 300, 60],
  ['of one amount', 200, 60],
  ['of one amount at once', 200, 0],
])('parts %s all count', async (_, second, apart) => {
  const { depositId, receipt, at } = payment;
  const parts = [reversed(receipt, after(60), 200, ''), reversed(receipt, after(60 + apart), second, '')];
  for (const { shillings } of parts) world.simulator.control.reverseByHand({ receipt, amountShillings: shillings });
  await world.clock.advance(24 * 3_600_000);
  const lines = [paid(receipt, at, 1_000, 'SCHOOL'), ...parts];
  await importedAndSigned(world, portalFile(HEAD, at, at, 0, lines), 'day.csv');
  await importedAndSigned(world, portalFile(HEAD, at, world.clock.now(), 0, lines), 'both.csv'); // an overlapping one tells nothing new
  await world.pass(6);
  const back = await post(`/api/deposits/${depositId}/take-back`, { reason: 'Given back' });
  const rest = await post('/api/refunds', { depositId, method: 'b2c', reason: 'The rest', phoneNumber: PHONE });
  expect([back.amount, rest.amount]).toEqual([200 + second, 800 - second]);
});

test('parts of one amount all leave the float while nobody knows of which payment', async () => {
  const { receipt, at } = payment;
  const reversal = newReceipt(at);
  await world.clock.advance(24 * 3_600_000);
  const parts = [reversed(reversal, after(60), 200, ''), reversed(reversal, after(60), 200, '')];
  const { bytes, name } = plainFile(HEAD, at, 0, [paid(receipt, at, 1_000, 'SCHOOL'), ...parts]);
  await importedAndSigned(world, bytes, name);
  expect((await balances(world.app.db)).paybill_float).toBe(60_000n);
});

test('a file that lists a line twice, through which its balance does not go, is not whole', async () => {
  const { receipt, at } = payment;
  const file = portalFile(HEAD, at, at, 0, [paid(receipt, at, 1_000, 'SCHOOL'), reversed(receipt, after(60), 200, '')]).toString('utf8');
  const line = file.split('\n').find((row) => row.includes('Reversal')) ?? '';
  expect(await imported(world, Buffer.from(file.replace(line, `${line}\n${line}`)))).toMatchObject({ whole: false });
});
