import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decrypt } from '#ground/db/encryption.ts';
import { createLog } from '#ground/log.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { type WaitingPrompt, waitingPrompt } from './waiting-prompt.ts';

const SECRETS = {
  consumerKey: 'CanaryConsumerKey4711',
  consumerSecret: 'CanaryConsumerSecret4712',
  passkey: 'canarypasskey4713canarypasskey4713canarypasskey4713canarypasskey',
  mailKey: 'SG.CanaryMailKey4714',
  hmacSecret: 'CanaryHmacSecret4715',
};
const PERSON = { phone: '254798071463', email: 'canary.mtu+4716@example.org', name: 'Kanari Wa-Siri Mtu' };
const OTHER_PERSON = '254798071991';

let world: World;
let apiKey: string;
let accessToken: string;
const urls: string[] = [];
const problems: string[] = [];
const tokens: string[] = [];
const checkoutIds: string[] = [];

const noteUrl = (message: unknown) => urls.push(String((message as { request: IncomingMessage }).request.url));

beforeAll(async () => {
  subscribe('http.server.request.start', noteUrl);
  const { consumerKey, consumerSecret, passkey, mailKey } = SECRETS;
  world = await startWorld({
    environment: {
      MPESA_CONSUMER_KEY: consumerKey,
      MPESA_CONSUMER_SECRET: consumerSecret,
      MPESA_PASSKEY: passkey,
      SENDGRID_API_KEY: mailKey,
    },
    simulator: { consumerKey, consumerSecret, passkey },
  });
  apiKey = (await operator(world, 'payments:read', 'invoices:send')).authorization.slice('Bearer '.length);
  await live();
  const [row] = await world.database.sql<{ token: string }>('select token from provider_tokens');
  accessToken = decrypt(row?.token ?? '', 'token');
});
afterAll(async () => {
  unsubscribe('http.server.request.start', noteUrl);
  await world.stop();
});

/** Everything that can happen to somebody, one after the other. */
async function live(): Promise<void> {
  const prompted = async (): Promise<WaitingPrompt> => {
    const waiting = await waitingPrompt(world, { phoneNumber: PERSON.phone, email: PERSON.email, name: PERSON.name });
    checkoutIds.push(waiting.prompt.checkoutRequestId);
    tokens.push(waiting.path.split('/').at(-1) ?? '');
    await world.clock.advance(4 * 60_000); // the phone's limits
    return waiting;
  };
  const post = async (path: string, body: unknown, headers = {}) => {
    const response = await world.send('POST', path, { body, headers });
    if (response.status >= 400) problems.push(await response.text());
  };

  const paid = await prompted();
  await post(paid.path, paid.paidBody);
  world.inbox.failNext(2, 500);
  await world.pass(1);
  await world.pass(4);
  await post(`/api/invoices/${paid.paymentId}/send`, {}, { authorization: `Bearer ${apiKey}` });
  await world.pass(1);

  const quarantined = await prompted();
  await post(quarantined.path, quarantined.paidBody.replaceAll(PERSON.phone, OTHER_PERSON));
  await post(quarantined.path, paid.paidBody);
  await post(quarantined.path, quarantined.paidBody.slice(0, -20));
  await post(`${quarantined.path.slice(0, -2)}AA`, quarantined.paidBody);
  await world.pass(1);

  await crash(await prompted(), post);
  await refuse(post);
}

async function crash(waiting: WaitingPrompt, post: (path: string, body: unknown) => Promise<void>): Promise<void> {
  const basket = { phoneNumber: PERSON.phone, email: PERSON.email, name: PERSON.name, items: [{ sku: 'coffee' }] };
  await world.database.sql("alter table evidence add constraint broken check (verdict <> 'pays') not valid");
  await post(waiting.path, waiting.paidBody);
  await world.database.sql('alter table evidence drop constraint broken');
  await world.database.sql('alter table payments rename column name to nobody');
  await post('/api/payments/stk-push', basket);
  await world.database.sql('alter table payments rename column nobody to name');
  await world.database.sql('alter table invoices rename column sent_at to never');
  await post(waiting.path, waiting.paidBody);
  await world.pass(1);
  await world.database.sql('alter table invoices rename column never to sent_at');
  await world.pass(3);
}

async function refuse(post: (path: string, body: unknown, headers?: object) => Promise<void>): Promise<void> {
  const basket = { phoneNumber: PERSON.phone, email: PERSON.email, name: PERSON.name, items: [{ sku: 'coffee' }] };
  for (const fault of ['empty-400', 'server-error', 'invalid-token', 'waf'] as const) {
    world.simulator.control.fault({ api: 'stkpush', fault, times: 2 });
    await post('/api/payments/stk-push', basket);
    await world.clock.advance(10 * 60_000);
  }
  await post('/api/payments/stk-push', { ...basket, name: `${PERSON.name}\n` });
  await post('/api/payments/stk-push', { ...basket, email: `${PERSON.email}@` });
  await post('/api/payments/stk-push', { ...basket, phoneNumber: `${PERSON.phone}9` });
  await post('/api/payments/stk-push', { ...basket, amount: 1 });
  await post('/api/payments/stk-push', basket, { authorization: `Bearer ${apiKey}x` });
  for (let n = 0; n < 5; n++) await post('/api/payments/stk-push', basket);
  await world.pass(2);
}

/** In every form in which it may slip out. */
const phoneForms = (phone: string) => [phone, phone.slice(3)];
const canaries = () => [
  ...Object.values(SECRETS),
  Buffer.from(`${SECRETS.consumerKey}:${SECRETS.consumerSecret}`).toString('base64'),
  ...phoneForms(PERSON.phone),
  ...phoneForms(OTHER_PERSON),
  PERSON.email,
  'canary.mtu',
  PERSON.name,
  'Kanari',
  ...checkoutIds,
  accessToken,
  apiKey,
  apiKey.split('_').at(-1) ?? apiKey,
];

const found = (texts: string[], wanted: string[]) =>
  texts.flatMap((text) =>
    wanted.filter((canary) => text.toLowerCase().includes(canary.toLowerCase())).map((canary) => `${canary} in ${text.slice(0, 300)}`),
  );

test('what happened was worth looking at', async () => {
  const verdicts = await world.database.sql<{ verdict: string }>('select distinct verdict from evidence');
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(expect.arrayContaining(['pays', 'phone_differs', 'other_checkout', 'unclear']));
  for (const event of ['callback_failed', 'request_failed', 'message_not_delivered', 'stk_push_not_accepted'])
    expect(world.logLines.join('\n')).toContain(event);
  expect(problems.length).toBeGreaterThan(10);
  expect(world.inbox.messages().length).toBeGreaterThan(1);
  expect(checkoutIds.length).toBeGreaterThan(2);
  expect(urls.length).toBeGreaterThan(20);
});

test('no table keeps a phone, a name, an e-mail address, a checkout id, a secret or a token in clear', async () => {
  const columns = await world.database.sql<{ table_name: string; column_name: string }>(
    "select table_name, column_name from information_schema.columns where table_schema = 'public' order by 1, 2",
  );
  expect(columns.length).toBeGreaterThan(50);
  const leaks: string[] = [];
  for (const { table_name, column_name } of columns) {
    const rows = await world.database.sql<{ value: string | null }>(`select "${column_name}"::text as value from "${table_name}"`);
    const safaricomTokens = /"access_token"/;
    const values = rows.flatMap(({ value }) => value ?? []);
    leaks.push(...found(values, [...canaries(), ...tokens]).map((leak) => `${table_name}.${column_name}: ${leak}`));
    if (values.some((value) => safaricomTokens.test(value))) leaks.push(`${table_name}.${column_name} holds an answer with a token`);
  }
  expect(leaks).toEqual([]);
});

test('no log line says them', () => {
  expect(found(world.logLines, [...canaries(), ...tokens])).toEqual([]);
});

test('an error that quotes its statement is logged by what lies beneath it', () => {
  const lines: string[] = [];
  const error = new Error(`Failed query: select 1 params: ${PERSON.name}`, { cause: new Error('connection refused') });
  createLog((line) => lines.push(line)).error('failed', error);
  expect(lines.join()).toContain('connection refused');
  expect(found(lines, canaries())).toEqual([]);
});

test('no problem that a caller sees says them', () => {
  expect(found(problems, [...canaries(), ...tokens])).toEqual([]);
});

test('no address that anybody was asked at says them; the path of a callback is its secret by design', () => {
  expect(found(urls.map(decodeURIComponent), canaries())).toEqual([]);
  expect(urls.filter((url) => tokens.some((token) => url.includes(token))).every((url) => url.startsWith('/api/callbacks/stk/'))).toBe(
    true,
  );
});

test('a mail shows them to nobody but its reader: no secret, no id of Safaricom and no full phone number', () => {
  const mails = world.inbox.messages().map((mail) => JSON.stringify({ ...mail, attachments: [] }));
  const { phone } = PERSON;
  expect(found(mails, [...Object.values(SECRETS), ...tokens, ...checkoutIds, ...phoneForms(phone), apiKey])).toEqual([]);
});
