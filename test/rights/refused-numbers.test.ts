import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { addPerson } from '#people/people/manage-people.ts';
import { runAdmin } from '../../dev/admin.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { askForCode, codeSentTo, tryCode } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
beforeEach(async () => {
  await world.inbox.clear();
  await world.smsInbox.clear();
});
afterAll(() => world.stop());

const add = async (role: 'treasurer' | 'member', email?: string) => {
  const phone = newPhone();
  const { id } = await addPerson(world.app.db, { phone, name: 'Wanjiru', email, role }, { actor: 'test', now: world.clock.now() });
  return { id, phone };
};
const tasksOf = (subject: string) =>
  world.database.sql("select 1 from reviews where kind = 'person_unreachable' and subject = $1", [subject]);
const said = async (response: Response) => `${response.status} ${((await response.json()) as { message: string }).message}`;

test.each([403, 404, 406, 409])(
  'a number that the provider refuses with %i is told so, whether we know it or not, and nothing says that a code is on its way',
  async (code) => {
    const member = await add('member');
    const reachable = await add('member', 'wanjiru@example.com');
    const answers: string[] = [];
    for (const phone of [newPhone(), member.phone, reachable.phone]) {
      world.smsInbox.refuse(phone, code);
      for (let n = 0; n < 2; n++) answers.push(await said(await askForCode(world, phone)));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^202 This number takes no SMS from us/);
    expect(answers[0]).not.toContain('on its way');
    expect(world.inbox.messages().map(({ to }) => to[0]?.email)).toEqual(['wanjiru@example.com', 'wanjiru@example.com']);
  },
);

test('it is tried once, a person sees one task and why, and the code goes to the e-mail on file, which verifies no phone', async () => {
  const { id, phone } = await add('treasurer', 'treasurer@example.com');
  world.smsInbox.refuse(phone, 406);
  for (let n = 0; n < 3; n++) await askForCode(world, phone);
  expect(await tasksOf(id)).toHaveLength(1);
  expect(await world.database.sql('select channel, reason from unreachable where address_hash = $1', [lookupHash(phone)])).toEqual([
    { channel: 'sms', reason: expect.stringContaining('status 406') },
  ]);
  world.smsInbox.refuse(phone); // it would be taken now: nobody tries
  await world.clock.advance(11 * 60_000);
  await askForCode(world, phone);
  expect(world.smsInbox.messages()).toEqual([]);
  expect(world.inbox.messages()).toHaveLength(4);
  const code = /\d{6}/.exec(world.inbox.messages().at(-1)?.text ?? '')?.[0] ?? '';
  expect((await tryCode(world, phone, code)).status).toBe(200);
  expect(await world.database.sql('select phone_verified_at from people where id = $1', [id])).toEqual([{ phone_verified_at: null }]);
});

test('a session that came by e-mail takes that e-mail from nobody, and proves no phone of a member', async () => {
  const { id, phone } = await add('member', 'owner@example.com');
  world.smsInbox.refuse(phone, 406);
  await askForCode(world, phone);
  const code = /\d{6}/.exec(world.inbox.messages().at(-1)?.text ?? '')?.[0] ?? '';
  const { token } = (await (await tryCode(world, phone, code)).json()) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  const body = { phoneNumber: phone, name: 'Wanjiru', nationalId: '21000077', bornOn: '1990-01-01', email: 'thief@example.com' };
  expect((await world.send('POST', '/api/members', { body, headers })).status).toBe(201);
  expect((await world.send('POST', '/api/members/me', { body: { email: 'thief@example.com' }, headers })).status).toBe(403);
  await askForCode(world, phone);
  expect(world.inbox.messages().map(({ to }) => to[0]?.email)).toEqual(['owner@example.com', 'owner@example.com']);
  expect(await world.database.sql('select phone_verified_at from people where id = $1', [id])).toEqual([{ phone_verified_at: null }]);
});

test('an operator forgets it: SMS are tried again', async () => {
  const { phone } = await add('member');
  world.smsInbox.refuse(phone, 406);
  await askForCode(world, phone);
  world.smsInbox.refuse(phone);
  const print = () => undefined;
  expect(await runAdmin(['unlock', '--phone', phone], { db: () => world.app.db, clock: world.clock, print, complain: print })).toBe(0);
  expect(await said(await askForCode(world, phone))).toContain('on its way');
  expect((await tryCode(world, phone, codeSentTo(world, phone))).status).toBe(200);
});

test('a customer who takes no messages is listed with what is left of their address, and the payment and invoice that name it', async () => {
  const { paymentId, prompt } = await push(world, { phoneNumber: '0722000345', email: 'Customer@Example.com' });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  world.inbox.refuse('Customer@Example.com', true);
  await world.pass(3);
  const [invoice] = await world.database.sql<{ id: string }>('select id from invoices where payment_id = $1', [paymentId]);
  const read = async (...scopes: Parameters<typeof operator>[1][]) => {
    const headers = await operator(world, ...scopes);
    const { unreachable } = (await (await world.send('GET', '/api/unreachable?channel=email', { headers })).json()) as {
      unreachable: object[];
    };
    return unreachable[0];
  };
  expect(await read('members:read', 'payments:read')).toMatchObject({
    ...{ channel: 'email', maskedAddress: 'C•••@Example.com', person: null },
    lastPayment: { paymentId, invoiceId: invoice?.id },
  });
  expect(await read('members:read')).toMatchObject({ maskedAddress: 'C•••@Example.com', lastPayment: null });
});
