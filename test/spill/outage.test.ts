import { renameSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { spilledCallbacks } from '#mpesa/spill/spilled-callbacks.ts';
import { type DurableDatabase, startDurableDatabase } from '../attacks/durable-database.ts';
import { type WaitingPrompt, waitingPrompt } from '../attacks/waiting-prompt.ts';
import { noticeBody, noticePaths, register } from '../paybill/paybill.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { strike } from '../world/route.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { keptKeys, someId, spillFolder } from './kept.ts';

let database: DurableDatabase;
let world: World;
beforeAll(async () => {
  database = await startDurableDatabase();
  world = await startWorld({ database, blobs: true, simulator: { switches: { c2bValidation: false } } });
}, 60_000);
afterAll(() => world.stop());

const statusesOf = (responses: Response[]) => responses.map(({ status }) => status);

/** A customer enters the PIN; the callback is posted when the test says so, since each waits 8 s for the database. */
const pay = async ({ prompt }: WaitingPrompt) =>
  world.simulator.control.answer(prompt.checkoutRequestId, { outcome: 'paid', lost: true, notice: 'none' });

async function payBill(): Promise<string> {
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 980, account: 'MAHARAGE' });
  if (!('receipt' in paid)) throw new Error('The payment was not taken.');
  return String(paid.receipt);
}

/** A third of what happens in ten minutes without a database: prompts of before are paid, customers pay the paybill, all of it is told, and somebody wants to pay anew. */
async function threeMinutes(prompts: WaitingPrompt[]): Promise<{ receipts: string[]; refused: Response[] }> {
  await world.clock.advance(3 * 60_000 + 20_000);
  for (const prompt of prompts) await pay(prompt);
  const receipts = await Promise.all(prompts.map(payBill));
  const { control } = world.simulator;
  const [refused] = await Promise.all([
    Promise.all(['en', 'sw'].map((language) => push(language))),
    ...prompts.map(({ prompt }) => control.redeliver(prompt.checkoutRequestId)),
    ...receipts.map((receipt) => control.redeliverConfirmation(receipt)),
  ]);
  return { receipts, refused };
}

const push = (language: string) =>
  world.send('POST', '/api/payments/stk-push', { body: { phoneNumber: newPhone(), items: [{ sku: 'coffee' }], language } });

test('what Safaricom tells in ten minutes without PostgreSQL is booked once afterwards, and nobody is prompted meanwhile', async () => {
  await register(world);
  const { control } = world.simulator;
  control.plan({ api: 'c2b', lost: true });
  const prompts: WaitingPrompt[] = [];
  control.plan({ next: 9, outcome: 'paid', delayMs: 24 * 3_600_000 });
  for (let n = 0; n < 9; n++) prompts.push(await waitingPrompt(world));
  const asked = control.prompts().length;

  database.kill();
  // what served a request when it was killed may still answer that one
  await expect
    .poll(
      () =>
        database.sql('select 1').then(
          () => 'there',
          () => 'gone',
        ),
      { timeout: 15_000 },
    )
    .toBe('gone');
  const told = [await threeMinutes(prompts.slice(0, 3)), await threeMinutes(prompts.slice(3, 6)), await threeMinutes(prompts.slice(6))];
  for (const { refused } of told) {
    expect(statusesOf(refused)).toEqual([503, 503]);
    const [english, swahili] = (await Promise.all(refused.map((response) => response.json()))) as Record<string, string>[];
    expect(refused[0]?.headers.get('content-type')).toBe('application/problem+json');
    expect(refused[0]?.headers.get('retry-after')).toBe('60');
    expect(english).toMatchObject({
      code: 'database_unreachable',
      customerMessage: expect.stringMatching(/No request was sent to your phone/),
    });
    expect(swahili).toMatchObject({ customerMessage: expect.stringMatching(/hujatozwa/) });
  }
  expect(control.prompts()).toHaveLength(asked);
  expect(keptKeys(world)).toHaveLength(18);
  const health = await world.send('GET', '/api/health');
  expect([health.status, await health.json()]).toEqual([
    503,
    { status: 'database_unreachable', reasons: [expect.stringContaining('does not answer')] },
  ]);
  const counted = async () => {
    await world.send('GET', '/api/health');
    return (JSON.parse(world.logLines.findLast((line) => line.includes('health_failed')) ?? '{}') as { spilled?: number }).spilled;
  };
  const aside = `${spillFolder(world)}-aside`;
  renameSync(spillFolder(world), aside);
  expect(await counted()).toBe(18); // whoever asks often does not have the store listed each time
  await world.clock.advance(5_000);
  expect(await counted()).toBe(0);
  renameSync(aside, spillFolder(world));

  await database.restart();
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 18, dead: 0, left: 0 } });
  expect(keptKeys(world)).toEqual([]);
  await Promise.all(prompts.map(({ prompt }) => control.redeliver(prompt.checkoutRequestId))); // once more, late
  await world.pass(3);
  const states = await Promise.all(prompts.map(({ paymentId }) => statusOf(world, paymentId)));
  expect(states.map(({ status }) => status)).toEqual(Array(9).fill('paid'));
  expect(await booksBalance(world)).toEqual({
    floatCents: 9n * 125_000n + 9n * 98_000n,
    truthCents: 9n * 125_000n + 9n * 98_000n,
    clearingCents: 0n,
  });
  const [row] = await database.sql<{ n: number; first: Date; last: Date }>(
    'select count(*)::int as n, min(received_at) as first, max(received_at) as last from evidence where source in ($1, $2)',
    ['callback', 'c2b'],
  );
  expect(row?.n).toBe(18);
  expect(Number(row?.last) - Number(row?.first)).toBeGreaterThan(6 * 60_000); // each as of when it came
}, 240_000);

test('every kind of callback is kept, and a wrong secret, a question and a body that is too large never are', async () => {
  const { tokenKeys } = world.app.config.callback;
  type Kind = Parameters<typeof makeCallbackToken>[1];
  const waits = Object.keys(spilledCallbacks).map((way) => {
    const [, kind = way, end = ''] = /^(.*?)(?:-(result|timeout|confirmation))?$/.exec(way) ?? [];
    const subject = someId();
    return { way, subject, path: `/api/callbacks/${kind}/${makeCallbackToken(tokenKeys, kind as Kind, subject)}${end && `/${end}`}` };
  });
  const body = noticeBody({ TransAmount: 'nobody can read this' });
  await database.endpointDown();
  const forged = waits.map(({ path }) => path.replace(/[\w-]{43}/, 'A'.repeat(43)));
  const [told, refused, question, novel] = await Promise.all([
    Promise.all(waits.map(({ path }) => world.send('POST', path, { body }))),
    Promise.all(forged.map((path) => world.send('POST', path, { body }))),
    world.send('POST', noticePaths(world).validation, { body: noticeBody() }),
    world.send('POST', waits[0]?.path ?? '', { body: JSON.stringify({ novel: 'A'.repeat(70_000) }) }),
  ]);
  expect(Object.fromEntries(waits.map(({ way }, n) => [way, told[n]?.status]))).toEqual(
    Object.fromEntries(waits.map(({ way }) => [way, 200])),
  );
  expect(await Promise.all(told.map(async (response) => (await response.json()).ResultCode))).toEqual(Array(waits.length).fill(0));
  expect(statusesOf(refused)).toEqual(Array(waits.length).fill(404));
  expect([novel.status, keptKeys(world).length]).toEqual([413, waits.length]);
  expect(keptKeys(world).some((key) => key.includes('validation'))).toBe(false);
  expect(question.status).not.toBe(404);

  await database.endpointUp();
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: waits.length, dead: 0, left: 0 } });
  for (const { way, subject } of waits.filter(({ way }) => way !== 'c2b-confirmation')) {
    const rows = await database.sql('select verdict from evidence where subject_id = $1', [subject]);
    expect(rows, way).toHaveLength(1); // a valid secret without anything of ours is kept in the inbox
  }
}, 120_000);
