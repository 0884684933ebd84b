import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { useApp } from '#app.ts';
import type { Config } from '#ground/config/config.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { type WaitingPrompt, waitingPrompt } from './waiting-prompt.ts';

const SAFARICOM = '196.201.212.69';
const STRANGER = '203.0.113.99';
const SECRET = 'a gateway in front of us signs';
const SPOOFED = [
  'x-forwarded-for',
  'x-nf-client-connection-ip',
  'client-ip',
  'x-real-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'forwarded',
];

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { LIMIT_PROMPTS_PER_ADDRESS_HOUR: '20' } });
});
afterEach(() => useApp(world.app));
afterAll(() => world.stop());

const claiming = (address: string) => Object.fromEntries(SPOOFED.map((name) => [name, name === 'forwarded' ? `for=${address}` : address]));

function configure(callback: Partial<Config['callback']>): void {
  const { config } = world.app;
  useApp({ ...world.app, config: { ...config, callback: { ...config.callback, ...callback } } });
}

/** What was answered, and what became of the payment. */
async function tell({ path, paymentId, paidBody }: WaitingPrompt, options: { ip: string; headers?: Record<string, string> }) {
  const response = await world.send('POST', path, { body: paidBody, ...options });
  const { status } = await statusOf(world, paymentId);
  return [response.status, await response.text(), status];
}

const ACCEPTED = [200, '{"ResultCode":0,"ResultDesc":"Accepted"}', 'paid'];
const NOT_FOUND = [404, 'Not Found', 'pending'];

test.each([
  ['off', SAFARICOM, ACCEPTED],
  ['off', STRANGER, ACCEPTED],
  ['signal', SAFARICOM, ACCEPTED],
  ['signal', STRANGER, ACCEPTED],
  ['enforce', SAFARICOM, ACCEPTED],
  ['enforce', STRANGER, NOT_FOUND],
] as const)(
  'with address mode %s a callback from %s is decided by the address the platform saw, whatever its headers claim',
  async (addressMode, ip, expected) => {
    configure({ addressMode, addresses: [SAFARICOM] });
    for (const headers of [{}, claiming(SAFARICOM), claiming(STRANGER)])
      expect(await tell(await waitingPrompt(world), { ip, headers })).toEqual(expected);
  },
);

test('an unlisted address is logged where addresses are looked at, and costs no database work where they are enforced', async () => {
  const logged = () => world.logLines.filter((line) => line.includes('callback_from_unlisted_address')).length;
  for (const [addressMode, more] of [
    ['off', 0],
    ['signal', 1],
    ['enforce', 1],
  ] as const) {
    const waiting = await waitingPrompt(world);
    configure({ addressMode, addresses: [SAFARICOM] });
    const before = logged();
    await world.database.resetRoundTrips();
    await world.send('POST', waiting.path, { body: waiting.paidBody, ip: STRANGER });
    expect(logged() - before).toBe(more);
    if (addressMode === 'enforce') expect(await world.database.roundTrips()).toBe(0);
    useApp(world.app);
  }
});

test('the limit of prompts per address counts the address the platform saw: another header each time wins nothing, and costs nobody else', async () => {
  const post = async (ip: string, headers: Record<string, string>) => {
    const body = { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] };
    return (await world.send('POST', '/api/payments/stk-push', { body, ip, headers })).status;
  };
  const statuses: number[] = [];
  for (let n = 0; n < 22; n++) statuses.push(await post(STRANGER, claiming(`192.0.2.${n}`)));
  expect(statuses).toEqual([...Array(20).fill(201), 429, 429]);
  expect(await post('192.0.2.1', claiming(STRANGER))).toBe(201);
});

const signed = (body: string, secret = SECRET) => createHmac('sha256', secret).update(body).digest('base64');

test('where a gateway signs, only the body it signed is believed; elsewhere a signature changes nothing', async () => {
  const header = 'x-safaricom-signature';
  const ip = SAFARICOM;
  const with_ = async (sign: (body: string) => Record<string, string>) => {
    const waiting = await waitingPrompt(world);
    return tell(waiting, { ip, headers: sign(waiting.paidBody) });
  };
  expect(await with_(() => ({ [header]: 'nonsense' }))).toEqual(ACCEPTED); // off unless configured
  configure({ hmacSecret: SECRET });
  expect(await with_((body) => ({ [header]: signed(body) }))).toEqual(ACCEPTED);
  expect(await with_(() => ({}))).toEqual(NOT_FOUND);
  expect(await with_(() => ({ [header]: '' }))).toEqual(NOT_FOUND);
  expect(await with_((body) => ({ [header]: signed(`${body} `) }))).toEqual(NOT_FOUND);
  expect(await with_((body) => ({ [header]: signed(body, 'another secret, also long') }))).toEqual(NOT_FOUND);
  expect(await with_((body) => ({ [header]: signed(body).slice(0, 20) }))).toEqual(NOT_FOUND);
  expect(await with_((body) => ({ 'x-other': signed(body) }))).toEqual(NOT_FOUND);
  configure({ hmacSecret: SECRET, hmacHeader: 'x-other' });
  expect(await with_((body) => ({ 'x-other': signed(body) }))).toEqual(ACCEPTED);
});

test('a right signature does not replace the token', async () => {
  configure({ hmacSecret: SECRET });
  const { path, paidBody, paymentId } = await waitingPrompt(world);
  const mangled = `${path.slice(0, -2)}${path.endsWith('AA') ? 'BB' : 'AA'}`;
  const response = await world.send('POST', mangled, { body: paidBody, headers: { 'x-safaricom-signature': signed(paidBody) } });
  expect([response.status, (await statusOf(world, paymentId)).status]).toEqual([404, 'pending']);
});
