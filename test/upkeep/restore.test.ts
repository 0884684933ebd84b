import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp, useApp } from '#app.ts';
import { createLog } from '#ground/log.ts';
import { drainOutbox } from '#ground/outbox/delivery/drain.ts';
import { createTokenCache } from '#mpesa/token-cache/token-cache.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { runClaim } from '../../dev/claim.ts';
import { callbackBody, latestAttempt, newPhone, push } from '../world/checkout.ts';
import { emptyDatabase, type FreshDatabase } from '../world/database.ts';
import { operator } from '../world/operator.ts';
import { sessionOfHash, signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { backUp, folder, restoreInto } from './upkeep.ts';

type Headers = { authorization: string };
type Row = Record<string, unknown>;

let world: World;
let copy: FreshDatabase;
let asker: Headers;
let approver: Headers;
let key: Headers;
let lostKey: Headers;
let reserved: string;
let waiting: string;
let later: { id: string; path: string; body: string };
const file = path.join(folder(), 'duka.backup');
const idOf = ({ authorization }: Headers) => authorization.replace(/^Bearer mlp_(.{8})(.{4})(.{4})(.{4})(.{12})_.*$/, '$1-$2-$3-$4-$5');
const sentCents = () => BigInt(world.simulator.control.truth().sentCents);
const messages = () => world.inbox.messages().length + world.smsInbox.messages().length;
const post = async (where: string, body: unknown, headers: Headers = asker) =>
  (await (await world.send('POST', where, { body, headers })).json()) as Row;
const stateOf = async (payoutId: string) =>
  (await copy.sql<Row>('select w.state, w.receipt is not null as known from withdrawals w where payout_id = $1', [payoutId]))[0];
/** Whoever had this session, signed in anew a second later. */
async function again({ authorization }: Headers): Promise<Headers> {
  const { sub } = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  await world.clock.advance(1_000);
  return sessionOfHash(world, sub);
}
const openTask = (kind: string) =>
  copy.sql<Row>('select subject from reviews where kind = $1 and closed_at is null order by subject', [kind]);

async function pay(): Promise<void> {
  const phoneNumber = newPhone();
  world.simulator.control.setBalance(phoneNumber, 250_000);
  const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 2 }], email: 'wanjiru@example.com' });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
}

/** From now on the functions work on the copy, with the keys and the Safaricom of before. */
function moveToCopy(): App {
  const config = { ...world.app.config, databaseUrl: copy.url };
  const app = createApp(config, { clock: world.clock, log: createLog((line) => world.logLines.push(line)) });
  useApp(app);
  return app;
}

beforeAll(async () => {
  world = await startWorld();
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  [key, lostKey] = [await operator(world, 'payments:read'), await operator(world, 'payments:read')];
  for (let n = 0; n < 3; n++) await pay();
  await world.pass(5);
  await post('/api/payouts/stop', { reason: 'The portal is looked at' });
  reserved = String((await post('/api/payouts', { phoneNumber: newPhone(), amount: 300, reason: 'Supplier' })).payoutId);
  await post(`/api/payouts/${reserved}/decision`, {}, approver);
  waiting = String((await post('/api/payouts', { phoneNumber: newPhone(), amount: 200, reason: 'Carpenter' })).payoutId);
  expect(await backUp(world.database.url, file)).toMatchObject({ code: 0 });

  // What the backup does not know: the reserved payout is paid, another customer is prompted, two more invoices are mailed.
  await post('/api/payouts/start', { reason: 'It is all right' });
  await world.pass(9);
  expect((await world.database.sql<Row>('select state from withdrawals where payout_id = $1', [reserved]))[0]).toEqual({ state: 'paid' });
  const { paymentId, prompt } = await push(world);
  const attempt = await latestAttempt(world, paymentId);
  if (!prompt) throw new Error('There is no prompt.');
  later = { id: attempt.id, path: attempt.path, body: callbackBody(prompt, { receipt: 'UKL9999999' }) };
  await world.database.sql('update api_keys set revoked_at = now()');
  copy = await emptyDatabase();
}, 120_000);
afterAll(async () => {
  await copy?.drop();
  await world.stop();
});

test('a restore says what it checked, and the copy is what was backed up', async () => {
  const { code, text } = await restoreInto(copy.url, file, ['--last-invoice', 'INV-2026-000009'], undefined, world.clock.now());
  expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('debits less credits are 0') });
  expect(text).toMatch(/may sign in as staff here.*[0-9a-f-]{36} {2}admin {2}A admin\n.*treasurer {2}A treasurer/s);
  expect(text).toMatch(/All API keys are revoked.*[0-9a-f-]{36} {2}operator\n {2}[0-9a-f-]{36} {2}operator/s);
  expect(text).toMatch(/INV-2026-000003 opens as a PDF of 1 page\./);
  const was = (await world.database.sql<Row>('select count(*)::int as n from payments'))[0];
  expect((await copy.sql<Row>('select count(*)::int + 1 as n from payments'))[0]).toEqual(was);
  const [triggers] = await copy.sql<Row>("select count(*)::int as off from pg_trigger where tgenabled <> 'O'");
  expect(triggers).toEqual({ off: 0 });
  await expect(copy.sql('update transfers set amount_cents = 1')).rejects.toThrow(/MP002|refused|immutable|never/i);
});

test('a database that is not empty is left alone', async () => {
  const before = await copy.sql('select count(*)::int as n from audit');
  expect(await restoreInto(copy.url, file)).toEqual({ code: 1, text: expect.stringContaining('is not empty') });
  expect(await copy.sql('select count(*)::int as n from audit')).toEqual(before);
});

test('a detached copy sends nothing, asks Safaricom nothing, and runs nothing by itself', async () => {
  moveToCopy();
  const before = { messages: messages(), sent: sentCents() };
  await copy.sql("update outbox set sent_at = null, due_at = '2026-11-21' where dedupe_key like 'invoice:%'");
  for (const name of ['scheduled-minute', 'scheduled-penalties', 'scheduled-reminders'])
    expect([name, await strike(name)]).toEqual([name, { detached: true }]);
  await world.pass(20);
  expect({ messages: messages(), sent: sentCents() }).toEqual(before);
  const prompts = world.simulator.control.prompts().length;
  const { response } = await push(world);
  expect([response.ok, world.simulator.control.prompts().length]).toEqual([false, prompts]);
});

test('nor does what sends and what asks by itself, whoever runs it: no message is claimed, and there is no token', async () => {
  const app = moveToCopy();
  await copy.sql("update outbox set sent_at = null, due_at = '2026-11-21' where dedupe_key like 'invoice:%'");
  const waiting = () => copy.sql('select id, tries, due_at from outbox where sent_at is null order by id');
  const before = await waiting();
  expect(before.length).toBeGreaterThan(0);
  const deliver = new Proxy({}, { get: () => () => Promise.reject(new Error('A copy delivered.')) });
  const drained = await drainOutbox(app, deliver as never, new Date(app.clock.now().getTime() + 14_000));
  expect(drained).toEqual({ sent: 0, postponed: 0, failed: 0, refused: 0, dead: 0 });
  expect(await waiting()).toEqual(before);

  const tokens = createTokenCache({ db: app.db, clock: app.clock, account: 'test' });
  expect(await tokens.lease()).toEqual({ token: null, claimed: false, detached: true });
  expect(await copy.sql("select from provider_tokens where id = 'test'")).toEqual([]);
  await tokens.save({ value: 'valid', expiresAt: new Date(app.clock.now().getTime() + 3_600_000) });
  expect(await tokens.lease()).toEqual({ token: null, claimed: false, detached: true });
  await copy.sql("delete from provider_tokens where id = 'test'");
});

test('keys and sessions of before open nothing in the copy, and whoever may sign in as staff is named', async () => {
  for (const headers of [asker, approver, key, lostKey]) expect((await world.send('GET', '/api/payments', { headers })).status).toBe(401);
  expect(await copy.sql("select count(*)::int as n from audit where action = 'api_key_revoked' and after ->> 'copy' = 'true'")).toEqual([
    { n: 2 },
  ]);
  for (const headers of [await again(asker), await again(approver)])
    expect((await world.send('GET', '/api/payments', { headers })).status).toBe(200);
});

test('a valid callback for a prompt that the copy does not know is kept, and a person is told', async () => {
  const response = await world.send('POST', later.path, { body: later.body });
  expect(response.status).toBe(200);
  expect(await copy.sql('select distinct subject_id, verdict from evidence where subject_id = $1', [later.id])).toEqual([
    { subject_id: later.id, verdict: 'no_attempt' },
  ]);
  expect(await openTask('evidence_no_attempt')).toEqual([{ subject: later.id }]);
});

test('what waited for approval is a task, and what was reserved is not known to be unsent', async () => {
  expect(await openTask('payout_of_copy')).toEqual([{ subject: waiting }]);
  expect(await stateOf(reserved)).toEqual({ state: 'unknown', known: false });
  expect(await openTask('payouts_stopped')).toEqual([{ subject: 'by_hand' }]);
});

test('claimed, it asks about what was under way by its id, and pays nothing twice', async () => {
  const sent = sentCents();
  const lines: string[] = [];
  const output = { print: (text: string) => void lines.push(text), complain: (text: string) => void lines.push(text) };
  const claim = (...argv: string[]) => runClaim(argv, () => copy.url, output, world.clock.now());
  expect(await claim('copy')).toBe(2);
  const [held] = await copy.sql<Row>('update detachments set held_at = null returning (select d.held_at from detachments d) as at');
  expect(await claim('copy', '--by', 'Wanjiru Kamau')).toBe(1); // cut off before its payouts were held
  await copy.sql('update detachments set held_at = $1', [held?.at]);
  expect(await claim('copy', '--by', 'Wanjiru Kamau', '--key', 'mine')).toBe(2);
  expect(await claim('copy', '--by', 'Wanjiru Kamau', '--key', idOf(key))).toBe(0);
  expect(lines.at(-2)).toContain('asked about first: 1');
  expect((await world.send('GET', '/api/payments', { headers: key })).status).toBe(200);
  expect((await world.send('GET', '/api/payments', { headers: lostKey })).status).toBe(401);
  [asker, approver] = [await again(asker), await again(approver)];
  expect(await claim('copy', '--by', 'Somebody else')).toBe(1);
  expect(await copy.sql("select actor from audit where action = 'copy_claimed'")).toEqual([{ actor: 'Wanjiru Kamau' }]);

  expect(await post(`/api/payouts/${waiting}/decision`, {}, approver)).toMatchObject({ code: 'payout_under_way' }); // its task is open
  await world.pass(3);
  expect(await stateOf(reserved)).toEqual({ state: 'paid', known: true });
  expect(sentCents()).toBe(sent);
  const [stopped] = await copy.sql<Row>("select name from stops where name = 'payouts_by_hand'");
  expect(stopped).toEqual({ name: 'payouts_by_hand' });
});

test('the next invoice has a number above the one that was mailed', async () => {
  await pay();
  await world.pass(2);
  const [newest] = await copy.sql<Row>('select kind, sequence from invoices where sequence is not null order by sequence desc limit 1');
  expect(newest).toEqual({ kind: 'invoice', sequence: 10 });
  expect(await copy.sql("select before, after from audit where action = 'invoice_numbers_skipped'")).toEqual([{ before: 3, after: 9 }]);
});
