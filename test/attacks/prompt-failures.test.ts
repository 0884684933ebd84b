import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { useApp } from '#app.ts';
import { createDaraja } from '#mpesa/daraja/client.ts';
import { callbackBody, latestAttempt, newPhone, statusOf } from '../world/checkout.ts';
import { strike } from '../world/route.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => useApp(world.app));
afterAll(() => world.stop());

let address = 0;
async function send(body: Record<string, unknown>) {
  address += 1;
  const response = await world.send('POST', '/api/payments/stk-push', { body, ip: `192.0.2.${address}` });
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Record<string, string> };
}
const push = (more: Record<string, unknown> = {}) => send({ phoneNumber: newPhone(), items: [{ sku: 'coffee' }], ...more });

/** An application that waits for Safaricom no longer than a test can. */
function impatient(): void {
  const { tillNumber: _, environment: __, ...merchant } = world.app.config.mpesa;
  const token = { value: '', expiresAt: new Date(0) };
  const tokenCache = {
    lease: async () => ({ token: null, claimed: true }),
    save: async (fresh: typeof token) => void Object.assign(token, fresh),
  };
  const daraja = createDaraja({ ...merchant, tokenCache, clock: world.clock, timeoutMs: 400 });
  useApp({ ...world.app, daraja: { ...daraja, hasToken: () => true } });
}

const AMBIGUOUS = [
  ['the connection breaks after the prompt was sent', { fault: 'drop-after' }, 1],
  ['the connection breaks before the prompt was sent', { fault: 'drop-before' }, 0],
  ['no answer comes', { fault: 'hang', accepted: true }, 1],
  ['the answer comes too late', { fault: 'slow', ms: 1_500 }, 1],
  ['the answer is a web page', { fault: 'not-json', accepted: true }, 1],
  ['Safaricom has an internal error', { fault: 'server-error', accepted: true }, 1],
  ['Safaricom has an internal error and did nothing', { fault: 'server-error' }, 0],
  ['an error comes with status 200', { fault: 'error-in-200', accepted: true }, 1],
  ['Safaricom is under maintenance', { fault: 'maintenance' }, 0],
] as const;

test.each(AMBIGUOUS)(
  'when %s, nobody is prompted again, the payment is unknown, and what comes later is believed',
  async (_, fault, prompts) => {
    impatient();
    const before = world.simulator.control.truth().promptsAccepted;
    const books = await booksBalance(world);
    world.simulator.control.fault({ api: 'stkpush', ...fault });
    const { status, body } = await push();
    expect([status, body.status]).toEqual([201, 'unknown']);
    expect(body.customerMessage).toContain('do not pay again');
    if (fault.fault === 'slow') await new Promise((resume) => setTimeout(resume, 1_500));
    expect(world.simulator.control.truth().promptsAccepted - before).toBe(prompts);

    const paymentId = String(body.paymentId);
    await world.clock.advance(30_000);
    await strike('scheduled-minute'); // the job does not prompt again either
    expect(world.simulator.control.truth().promptsAccepted - before).toBe(prompts);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'unknown' });

    if (prompts === 0) return;
    const sent = world.simulator.control.prompts()[0];
    const { path } = await latestAttempt(world, paymentId);
    if (!sent) throw new Error('no prompt');
    const receipt = `UKP${String(address).padStart(7, '0')}`;
    expect((await world.send('POST', path, { body: callbackBody(sent, { receipt }) })).status).toBe(200);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: receipt });
    const after = await booksBalance(world);
    expect([after.floatCents - books.floatCents, after.clearingCents]).toEqual([125_000n, 0n]);
  },
);

const DEFINITE = [
  ['throttles (429)', { fault: 'spike-arrest', status: 429 }, 503, 'provider_unavailable', 'network'],
  ['throttles (500)', { fault: 'spike-arrest', status: 500 }, 503, 'provider_unavailable', 'network'],
  ['throttles in its own words', { fault: 'throttled' }, 503, 'provider_unavailable', 'network'],
  ['keeps us out (403)', { fault: 'waf', status: 403 }, 503, 'provider_unavailable', 'network'],
  ['keeps us out (503)', { fault: 'waf', status: 503 }, 503, 'provider_unavailable', 'network'],
  ['does not know our keys', { fault: 'empty-400' }, 502, 'provider_refused', 'service_problem'],
  ['knows no token of ours', { fault: 'invalid-token', times: 2 }, 502, 'provider_refused', 'service_problem'],
  ['has another prompt on that phone', { fault: 'subscriber-locked' }, 409, 'subscriber_locked', 'subscriber_locked'],
] as const;

test.each(DEFINITE)(
  'when Safaricom %s, the prompt has failed in words, and a second try inside the same payment works',
  async (_, fault, http, code, reason) => {
    const before = world.simulator.control.truth().promptsAccepted;
    const words: string[] = [];
    let paymentId = '';
    const phoneNumber = newPhone();
    for (const language of ['en', 'sw']) {
      world.simulator.control.fault({ api: 'stkpush', ...fault });
      const { status, type, body } = await push({ language, ...(language === 'sw' && { phoneNumber }) });
      expect([status, type]).toEqual([http, 'application/problem+json']);
      expect(body).toMatchObject({ type: `urn:malipo:problem:${code}`, code, failureReason: reason, status: http });
      paymentId = String(body.paymentId);
      words.push(String(body.customerMessage));
      expect(await statusOf(world, paymentId)).toMatchObject({
        status: 'failed',
        failureReason: reason,
        customerMessage: body.customerMessage,
      });
    }
    expect(world.simulator.control.truth().promptsAccepted).toBe(before);
    expect(new Set(words.filter((text) => text.length > 10)).size).toBe(2);

    const again = await send({ paymentId, phoneNumber });
    expect([again.status, again.body.status, again.body.paymentId]).toEqual([201, 'pending', paymentId]);
    expect(world.simulator.control.truth().promptsAccepted - before).toBe(1);
    await world.simulator.control.answer(world.simulator.control.prompts()[0]?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  },
);

test('a prompt for a number without M-PESA is refused with the reason', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, next: 1, refusal: 'not-on-network' });
  const { status, body } = await push({ phoneNumber });
  expect([status, body.code, body.failureReason]).toEqual([422, 'phone_refused', 'not_on_network']);
});
