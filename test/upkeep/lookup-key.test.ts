import { afterAll, beforeAll, expect, test } from 'vitest';
import { installKeys, layOver, lookupHash } from '#ground/db/encryption.ts';
import { lookupColumns } from '#ground/db/lookup-columns.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { addPerson, listAllPeople } from '#people/people/manage-people.ts';
import { addressOfOperator } from '#people/people/operators.ts';
import { runRotateKeys } from '../../dev/rotate-keys.ts';
import { callbackBody, latestAttempt, newPhone, push, statusOf } from '../world/checkout.ts';
import { askForCode, codeSentTo, signIn, tryCode } from '../world/people.ts';
import { strike } from '../world/route.ts';
import { startWorld, testKey, type World } from '../world/world.ts';
import { columnsLike, KEYS, said, secretKey, useKeys } from './upkeep.ts';

let world: World;
const FIRST = testKey('l');
const SECOND = testKey('m');
const BOTH = [secretKey('m'), secretKey('l')];
const lay = (lookupKey: string) => said(runRotateKeys, ['--lookup'], { ...KEYS, LOOKUP_KEY: lookupKey, DATABASE_URL: world.database.url });
const oldSite = (): App => useKeys(world, {});
const newSite = (): App => useKeys(world, { lookup: BOTH });
const limited = newPhone();
const member = newPhone();
const buyer = newPhone();
const treasurer = newPhone();
const KEYED = { body: { phoneNumber: buyer, items: [{ sku: 'coffee' }] }, headers: { 'idempotency-key': 'the-same-order-again' } };
let pending: Awaited<ReturnType<typeof push>>;
let before: Record<string, unknown>;

beforeAll(async () => {
  world = await startWorld({ blobs: true });
  for (let n = 0; n < 3; n++) {
    await push(world, { phoneNumber: limited });
    await world.pass(2);
  }
  const { headers } = await signIn(world, member);
  await push(world, { phoneNumber: member, externalReference: 'a-customers-own' }, headers);
  await addPerson(
    world.app.db,
    { phone: treasurer, name: 'Otieno', email: undefined, role: 'treasurer' },
    { actor: 'test', now: world.clock.now() },
  );
  before = (await (await world.send('POST', '/api/payments/stk-push', KEYED)).json()) as Record<string, unknown>;
  await world.pass(3);
  await askForCode(world, member);
  pending = await push(world);
});
afterAll(() => world.stop());

test('no hash is forgotten: every column that holds one is listed', async () => {
  const listed = (await lookupColumns({ query: async (text, params) => ({ rows: await world.database.sql(text, params) }) })).map(
    ({ table, column }) => `${table}.${column}`,
  );
  const held = await columnsLike(world.database, '(^|:|")[A-Za-z0-9_-]{43}($|:|")');
  const others = ['api_keys.secret_hash', 'statements.file_hash', 'statement_parts.hash', 'audit.actor'];
  expect(held.filter((name) => !listed.includes(name) && !others.includes(name))).toEqual([]);
  expect(listed).toEqual(
    expect.arrayContaining(['people.phone_hash', 'evidence.body_hash', 'idempotency_keys.fingerprint', 'recent_times.key']),
  );
});

test('a site with the new key is refused everything while it is not laid over the hashes', async () => {
  newSite();
  const payments = await world.database.sql('select count(*)::int as n from payments');
  expect((await push(world)).response.status).toBe(500);
  expect(await world.database.sql('select count(*)::int as n from payments')).toEqual(payments);
  oldSite();
});

test.each([
  ['only the new one', SECOND],
  ['the old one in front', `${FIRST},${SECOND}`],
  ['another one behind it', `${SECOND},${testKey('x')}`],
  ['one too many', `${testKey('x')},${SECOND},${FIRST}`],
])('keys that do not fit change nothing: %s', async (_, keys) => {
  const { code } = await lay(keys);
  expect(code).toBe(1);
  expect(await world.database.sql('select layer from lookup_keys')).toEqual([]);
});

test('the key is laid over all hashes at once', async () => {
  const old = oldSite();
  await old.db.query('select 1', []); // a process that is at work, and has proved its keys long ago
  const { code, text } = await lay(`${SECOND},${FIRST}`);
  expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('made with 2 look-up keys now') });
  installKeys(world.app.config.keys); // the command runs in this process; the site's has only the key of before
  expect(
    await columnsLike(world.database, '(^|:)[A-Za-z0-9_-]{43}($|:)').then((found) =>
      found.filter((name) => !/secret_hash|file_hash|parts.hash|audit.actor/.test(name)),
    ),
  ).toEqual([]);

  // that process can write nothing: what Safaricom tells it is kept elsewhere
  const attempt = await latestAttempt(world, pending.paymentId);
  if (!pending.prompt) throw new Error('There is no prompt.');
  const told = await world.send('POST', attempt.path, { body: callbackBody(pending.prompt, { receipt: 'UKL7000001' }) });
  expect(told.status).toBe(200);
  expect(await world.database.sql("select 1 from evidence where body_hash not like '2.%'")).toEqual([]);
  expect((await push(world)).response.status).toBe(500);
  expect((await lay(FIRST)).code).toBe(1);
  expect(await lay(`${SECOND},${FIRST}`)).toMatchObject({ code: 0 });
});

test('the new site reads in what was kept, and the payment is paid', async () => {
  newSite();
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 1 } });
  expect(await statusOf(world, pending.paymentId)).toMatchObject({ status: 'paid' });
  expect(await world.database.sql("select kind from reviews where kind like 'evidence_%'")).toEqual([]);
});

test('an alert that was promised with the key of before goes to the address that it was for', async () => {
  installKeys({ ...world.app.config.keys, lookup: BOTH });
  const emails = ['Alerts@Example.com', 'other@example.com'];
  const { db, config } = newSite();
  const of = (operator: string) => addressOfOperator({ db, config: { ...config, alerts: { ...config.alerts, emails } } }, operator);
  expect(await of(`setting:${layOver(secretKey('l'), 1, 'alerts@example.com')}`)).toBe('Alerts@Example.com');
  expect(await of(`setting:${lookupHash('other@example.com')}`)).toBe('other@example.com');
  expect(await of(`setting:${layOver(secretKey('m'), 1, 'alerts@example.com')}`)).toBeUndefined();
});

test('limits, repeats, codes and people are what they were', async () => {
  newSite();
  expect((await push(world, { phoneNumber: limited })).response.status).toBe(429);
  const again = await world.send('POST', '/api/payments/stk-push', KEYED);
  expect([again.headers.get('idempotent-replayed'), await again.json()]).toEqual([
    'true',
    expect.objectContaining({ paymentId: before.paymentId }),
  ]);
  const other = await world.send('POST', '/api/payments/stk-push', { ...KEYED, body: { ...KEYED.body, items: [{ sku: 'mug' }] } });
  expect(other.status).toBeGreaterThanOrEqual(400);
  expect((await tryCode(world, member, codeSentTo(world, member))).status).toBe(200);
  const { added } = await addPerson(
    newSite().db,
    { phone: treasurer, name: 'Otieno', email: undefined, role: 'treasurer' },
    { actor: 'test', now: world.clock.now() },
  );
  expect([added, (await listAllPeople(world.app.db)).length]).toEqual([false, 1]);
});

test('a third key lies over the second in the same way', async () => {
  const third = testKey('n');
  const second = newSite();
  const { paymentId, prompt } = await push(world);
  if (!prompt) throw new Error('There is no prompt.');
  expect(await lay(`${third},${SECOND},${FIRST}`)).toMatchObject({ code: 0 });
  installKeys(second.config.keys);
  const told = await world.send('POST', (await latestAttempt(world, paymentId)).path, {
    body: callbackBody(prompt, { receipt: 'UKL7000002' }),
  });
  expect(told.status).toBe(200);
  useKeys(world, { lookup: [secretKey('n'), ...BOTH] });
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 1 } }); // kept under a name with two keys
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  expect((await push(world, { phoneNumber: limited })).response.status).toBe(429);
  expect((await push(world)).response.status).toBe(201);
});
