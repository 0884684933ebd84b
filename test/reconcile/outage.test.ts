import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '../../src/ledger/balance.ts';
import { openTasks, register } from '../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { counts, exported, importedAndSigned } from './importing.ts';

const TILL = '654321';
const HOUR = 60 * 60_000;

let world: World;
beforeAll(async () => {
  world = await startWorld({
    environment: { MPESA_TRANSACTION_TYPE: 'till', MPESA_TILL_NUMBER: TILL, MPESA_PULL: 'off' },
    simulator: { tillNumber: TILL },
  });
  expect((await register(world)).status).toBe(200);
});
afterAll(() => world.stop());

test('a morning without confirmations and none afterwards: 137 payments at one till, pull off, are whole by one statement that two people sign', async () => {
  const { control } = world.simulator;
  control.outage({ what: ['confirmation', 'callback'], forMs: 3 * HOUR });
  const paid: string[] = [];
  const prompted: string[] = [];
  for (let n = 0; n < 137; n++) {
    // every tenth is the answer to a prompt, whose callback is lost too: the query says paid, and no receipt
    if (n % 10 === 0) {
      const { paymentId, prompt } = await push(
        world,
        { items: [{ sku: 'coffee', quantity: 1 + (n % 3) }] },
        { 'x-forwarded-for': `198.18.${n}.1` },
      );
      await control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
      prompted.push(paymentId);
    } else {
      const outcome = await control.payBill({
        phone: newPhone(),
        amountShillings: n % 7 === 0 ? 1250 : 100 + (n % 9),
        shortcode: TILL,
        account: '',
      });
      if ('receipt' in outcome) paid.push(outcome.receipt);
    }
    await world.clock.advance(70_000);
  }
  await world.pass(190);
  expect(paid.length + prompted.length).toBe(137);
  for (const id of prompted) expect(await statusOf(world, id)).toMatchObject({ status: 'paid', mpesaReceiptNumber: null });
  const before = await booksBalance(world);
  expect(before.truthCents - before.floatCents).toBeGreaterThan(100n * 10_000n); // nobody told us

  const { bytes, name } = await exported(world, { shortcode: '174379' });
  const shown = await importedAndSigned(world, bytes, name);
  expect(shown).toMatchObject({ state: 'done', whole: true, refutes: true, progress: { lines: 137 } });
  const found = counts(shown);
  expect((found['names in'] ?? 0) + (found['missing_here in'] ?? 0)).toBe(137);
  await world.pass(3);
  const after = await booksBalance(world);
  expect(after).toEqual({ floatCents: after.truthCents, truthCents: before.truthCents, clearingCents: 0n });
  expect((await balances(world.app.db)).paybill_told ?? 0n).toBe(0n);
  for (const id of prompted)
    expect(await statusOf(world, id)).toMatchObject({ status: 'paid', mpesaReceiptNumber: expect.stringMatching(/^\w{10}$/) });
  const unknown = await world.database.sql('select receipt from deposits where receipt = any($1) and confirmed_at is not null', [paid]);
  expect(unknown.length).toBe(paid.length);
  for (const kind of Object.keys(await openTasks(world))) expect(kind).not.toMatch(/^statement_/);

  // once more, with what was paid since
  await control.payBill({ phone: newPhone(), amountShillings: 90, shortcode: TILL, account: '' });
  await world.pass(6);
  await importedAndSigned(world, (await exported(world, { shortcode: '174379' })).bytes);
  await world.pass(2);
  const end = await booksBalance(world);
  expect(end.floatCents).toBe(end.truthCents);
}, 300_000);
