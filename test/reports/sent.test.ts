import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { newPhone, push } from '../world/checkout.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

// What leaves is in the report of messages: it is what the organisation is charged for.

let world: World;
let admin: Signed;
beforeAll(async () => {
  world = await startWorld({ environment: { ALERT_EMAILS: 'ops@example.com' } });
  admin = await signInAs(world, 'admin');
  await signInAs(world, 'treasurer'); // who has no e-mail address
  await world.pass(1);
});
afterAll(() => world.stop());

type Kind = { channel: string; kind: string; messages: number; parts: number };
const ask = async (method: string, path: string, body?: object) => {
  const response = await world.send(method, path, { headers: admin.headers, ...(body && { body }) });
  return (await response.json()) as Record<string, unknown>;
};
async function counted(): Promise<Record<string, number>> {
  const { total } = (await ask('GET', '/api/reports/messages')) as { total: { kinds: Kind[] } };
  return Object.fromEntries(total.kinds.map(({ channel, kind, messages }) => [`${channel} ${kind}`, messages]));
}
const inAll = (counts: Record<string, number>) => Object.values(counts).reduce((sum, n) => sum + n, 0);
const left = () => world.inbox.messages().length + world.smsInbox.messages().length;

/** What the report shows more after this, which is as much as has left. */
async function raised(does: () => Promise<unknown>): Promise<Record<string, number>> {
  const [before, leftBefore] = [await counted(), left()];
  await does();
  await world.pass(2);
  const after = await counted();
  expect(inAll(after) - inAll(before)).toBe(left() - leftBefore);
  return Object.fromEntries(Object.entries(after).flatMap(([key, n]) => (n === before[key] ? [] : [[key, n - (before[key] ?? 0)]])));
}

test('a person who is invited, given another role, shut out and let in again, and the staff who hear of it', async () => {
  let id = '';
  const invited = await raised(async () => {
    const person = { phoneNumber: newPhone(), email: 'w@example.com', name: 'Wanjiru Kamau', role: 'treasurer' };
    id = String((await ask('POST', '/api/people', person)).personId);
  });
  expect(invited).toMatchObject({ 'sms access_invited': 1, 'email access_invited': 1, 'sms staff_joined': 1 });
  expect(await raised(() => ask('POST', `/api/people/${id}/role`, { role: 'admin', reason: 'The board decided' }))).toMatchObject({
    ...{ 'sms access_role_changed': 1, 'email access_role_changed': 1 },
  });
  expect(await raised(() => ask('POST', `/api/people/${id}/disable`, { reason: 'They left' }))).toMatchObject({
    ...{ 'sms access_disabled': 1, 'email access_disabled': 1 },
  });
  expect(await raised(() => ask('POST', `/api/people/${id}/enable`, { reason: 'They came back' }))).toMatchObject({
    ...{ 'sms access_enabled': 1, 'email access_enabled': 1 },
  });
});

test('a key that can request payments', async () => {
  const made = () => ask('POST', '/api/keys', { name: 'Shop server', scopes: ['payouts:request'] });
  expect(await raised(made)).toMatchObject({ 'sms money_key_made': 1 });
});

test('an alert to the operators', async () => {
  const opened = () => openTask(world.app.db, { kind: 'balance_unknown', subject: '600101', openedAt: world.clock.now() });
  expect(await raised(opened)).toEqual({ 'email alert': 1 });
});

test('an invoice, a sign-in code and what a customer is told', async () => {
  const told = await raised(async () => {
    const { prompt } = await push(world, { email: 'asha@example.com' });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await signInAs(world, 'treasurer');
  });
  expect(told).toMatchObject({ 'email invoice': 1, 'sms sign_in_code': 1 });
});
