import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SmsSettings } from '#ground/config/sms.ts';
import { createSms } from '#ground/notify/create-sms.ts';
import { isUnreachable, markUnreachableSql } from '#ground/notify/unreachable.ts';
import { Refusal } from '#ground/outbox/refusal.ts';
import { type SmsInbox, startSmsInbox } from '../../dev/sms-inbox/start-sms-inbox.ts';
import { push } from '../world/checkout.ts';
import { type MadeLoan, type MadeMember, makeLoan, makeMember } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { smsTo, tell } from './telling.ts';

describe('what a provider refuses for good', () => {
  let inbox: SmsInbox;
  beforeAll(async () => {
    inbox = await startSmsInbox();
  });
  afterAll(() => inbox.stop());
  const settings = (provider: string): SmsSettings =>
    provider === 'twilio'
      ? { provider, baseUrl: inbox.url, accountSid: `AC${'0'.repeat(32)}`, authToken: 'x', from: '+15005550006' }
      : { provider: 'africastalking', baseUrl: inbox.url, username: 'duka', apiKey: 'x', senderId: undefined };
  const failure = (provider: string) =>
    createSms(settings(provider))
      ?.send({ id: 'm', to: '254712345678', text: 'Habari' })
      .catch((error: unknown) => error);

  test.each([
    ['africastalking', 403, true],
    ['africastalking', 404, true],
    ['africastalking', 406, true],
    ['africastalking', 409, true],
    ['africastalking', 405, false], // our balance
    ['africastalking', 402, false], // our sender's name
    ['africastalking', 501, false],
    ['twilio', 21211, true],
    ['twilio', 21610, true],
    ['twilio', 21614, true],
    ['twilio', 20003, false], // our credentials
    ['twilio', 20429, false],
  ])('%s %i: of the number %s', async (provider, code, isRefusal) => {
    inbox.refuse('254712345678', code);
    const error = await failure(provider);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof Refusal).toBe(isRefusal);
    expect(String(error)).not.toContain('712345678');
  });
});

let world: World;
let member: MadeMember;
let loan: MadeLoan;
beforeAll(async () => {
  world = await startWorld({ simulator: { delays: { callbackMs: 0 } } });
});
beforeEach(async () => {
  await world.inbox.clear();
  await world.smsInbox.clear();
});
afterAll(() => world.stop());

const outbox = (kind: string) =>
  world.database.sql(
    "select tries, dead_at is not null as dead, sent_at is not null as sent from outbox where message ->> 'kind' = $1 and message ->> 'channel' is distinct from 'email' order by dead desc",
    [kind],
  );
const tasks = (kind: string) =>
  world.database.sql<{ subject: string }>('select subject from reviews where kind = $1 order by opened_at', [kind]);

test('a member who has blocked us costs one try and one task, however many messages; their e-mail says them', async () => {
  member = await makeMember(world, { email: 'member@example.com' });
  loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
  world.smsInbox.refuse(member.phone, 406);
  await tell(world, 'loan_disbursed', loan.id, member);
  await world.pass(1);
  const second = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
  await tell(world, 'loan_disbursed', second.id, member);
  await world.pass(3);
  expect(await outbox('notice')).toEqual([
    { tries: 1, dead: true, sent: false },
    { tries: 1, dead: false, sent: true }, // nobody to be written to by SMS any more
  ]);
  expect(smsTo(world, member)).toEqual([]);
  expect(world.inbox.messages()).toHaveLength(2);
  expect(await tasks('person_unreachable')).toHaveLength(1);
  expect(await tasks('dead_letter')).toEqual([]);
});

let customers = 0;
async function buy(email = `customer${customers++}@example.com`): Promise<string> {
  const { paymentId, prompt } = await push(world, { email });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(1000);
  await world.settled();
  return paymentId;
}
const letter = (paymentId: string) =>
  world.database.sql(
    "select tries, dead_at is not null as dead, sent_at is not null as sent from outbox where message ->> 'invoiceId' = $1 order by due_at",
    [paymentId],
  );

test.each([400, 413])('a mail that SendGrid refuses with %i ends at once as one task, not after eight tries', async (status) => {
  const before = (await tasks('dead_letter')).length;
  const paymentId = await buy();
  world.inbox.failNext(1, status);
  await world.pass(4);
  expect(await letter(paymentId)).toEqual([{ tries: 1, dead: true, sent: false }]);
  expect(await tasks('dead_letter')).toHaveLength(before + 1);
});

test('an e-mail address that SendGrid refuses is tried once, with one task for all its mails; sending again tries it again', async () => {
  const before = (await tasks('person_unreachable')).length;
  const email = 'refused@example.com';
  world.inbox.refuse(email, true);
  const [first, second] = [await buy(email), await buy(email)];
  await world.pass(1);
  await world.pass(1);
  expect(await letter(first)).toEqual([{ tries: 1, dead: true, sent: false }]);
  expect(await letter(second)).toEqual([{ tries: 1, dead: true, sent: false }]);
  expect(await tasks('person_unreachable')).toHaveLength(before + 1);
  world.inbox.refuse(email, false);
  const headers = await operator(world, 'invoices:send');
  expect((await world.send('POST', `/api/invoices/${second}/send`, { body: {}, headers })).status).toBe(202);
  await world.pass(1);
  expect(world.inbox.messages()).toMatchObject([{ to: [{ email }] }]);
});

test('an address that is refused is so however it is written', async () => {
  const { db, clock } = world.app;
  const about = { reason: 'not valid', subject: null, now: clock.now() };
  await db.execute(markUnreachableSql('email', 'Wanjiru@Example.com', about));
  expect(await isUnreachable(db, 'email', 'wanjiru@example.COM')).toBe(true);
  expect(await isUnreachable(db, 'email', 'wanjiru@example.co.ke')).toBe(false);
});
