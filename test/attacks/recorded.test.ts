import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statusOf } from '../world/checkout.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { type WaitingPrompt, waitingPrompt } from './waiting-prompt.ts';

const FOLDER = new URL('../callbacks/stk/', import.meta.url);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** A recorded callback as it would have been for our prompt: its ids, amount and phone are ours, everything else is Safaricom's. */
function about({ prompt }: WaitingPrompt, recorded: string): string {
  return recorded
    .replace(/"CheckoutRequestID":"[^"]+"/, `"CheckoutRequestID":"${prompt.checkoutRequestId}"`)
    .replace(/("Amount","Value":)[\d.]+/, `$1${prompt.amountShillings}.00`)
    .replace(/("PhoneNumber","Value":)\d+/, `$1${prompt.phone}`);
}

const FAILURES: Record<string, string> = {
  1: 'insufficient_funds',
  1019: 'expired',
  1032: 'cancelled',
  1036: 'unreachable',
  1037: 'unreachable',
  2001: 'wrong_pin',
};

// stk-callback-<result code>-<what happened>.json: to add a case, add a file
test.each(readdirSync(FOLDER))('%s leaves the right status, and balanced books', async (file) => {
  const code = /^stk-callback-(\w+?)-/.exec(file)?.[1] ?? '';
  const before = await booksBalance(world);
  const waiting = await waitingPrompt(world, { language: 'sw' });
  const body = about(waiting, readFileSync(new URL(file, FOLDER), 'utf8'));

  for (const _ of ['once', 'twice']) expect((await world.send('POST', waiting.path, { body })).status).toBe(200);

  const paid = code === '0';
  const status = await statusOf(world, waiting.paymentId);
  expect(status).toMatchObject(paid ? { status: 'paid', failureReason: null } : { status: 'failed', failureReason: FAILURES[code] });
  expect(status.mpesaReceiptNumber).toBe(/"MpesaReceiptNumber","Value":"(\w+)"/.exec(body)?.[1] ?? null);
  expect(await booksBalance(world)).toMatchObject({ floatCents: before.floatCents + (paid ? 125_000n : 0n), clearingCents: 0n });
});
