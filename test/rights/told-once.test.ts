import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addPerson, type NewPerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let admin: Signed;
beforeAll(async () => {
  world = await startWorld();
  admin = await signInAs(world, 'admin');
});
beforeEach(async () => {
  await world.pass(1);
  await world.smsInbox.clear();
  await world.inbox.clear();
});
afterAll(() => world.stop());

async function add(role: NewPerson['role']) {
  const phone = newPhone();
  const person = { phone, name: 'Wanjiru Kamau', email: `${phone}@example.com`, role };
  const { id } = await addPerson(world.app.db, person, { actor: 'test', now: world.clock.now() });
  const act = (what: string, body: object) =>
    world.send('POST', `/api/people/${id}/${what}`, { headers: admin.headers, body: { reason: 'The board decided', ...body } });
  const told = () => ({
    sms: world.smsInbox.messages().flatMap(({ to, text }) => (to === phone ? [text.split('.')[0]] : [])),
    mails: world.inbox.messages().flatMap(({ to, subject }) => (to[0]?.email === person.email && /^You/.test(subject) ? [subject] : [])),
  });
  return { act, told };
}

test('a role that is changed twice before the message leaves is told once, as it is then', async () => {
  const { act, told } = await add('member');
  await act('role', { role: 'treasurer' });
  await act('role', { role: 'admin' });
  await world.pass(2);
  const says = 'You are now an administrator of Duka la Kahawa';
  expect(told()).toEqual({ sms: [says], mails: [says] });
});

test('also by two at once, and each time once that was told is told again', async () => {
  const { act, told } = await add('member');
  await Promise.all([act('role', { role: 'treasurer' }), act('role', { role: 'admin' })]);
  await world.pass(1);
  await act('role', { role: 'member' });
  await world.pass(1);
  expect(told().sms).toEqual([expect.stringMatching(/a treasurer|an administrator/), 'You are now a member of Duka la Kahawa']);
  expect(told().mails).toHaveLength(2);
});

test('somebody shut out, let in and shut out again before the message leaves is told once that they are out', async () => {
  const { act, told } = await add('treasurer');
  for (const what of ['disable', 'enable', 'disable']) await act(what, {});
  await world.pass(2);
  expect(told().sms).toEqual(['Your access to Duka la Kahawa has ended, and you are signed out everywhere']);
  expect(told().mails).toEqual(['Your access to Duka la Kahawa has ended']);
});
