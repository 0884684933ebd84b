import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addPerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { type MadeMember, makeLoan, makeMember } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { chargePenalty, goTo, mailsTo, makeTreasurer, outboxOf, promiseDigest, putLoan, smsTo, tell } from './telling.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const allTo = (member: MadeMember, email = '') => [...smsTo(world, member), ...mailsTo(world, email).map(({ subject }) => subject)];
const change = async (member: MadeMember, what: string) => {
  const ofMember = what.startsWith('members');
  await world.database.sql(`update ${ofMember ? what : `people set ${what}`} where id = $1`, [ofMember ? member.id : member.personId]);
};

/** What becomes of a notice and of a digest that were promised before something changed. */
async function promiseBoth(email: string): Promise<MadeMember> {
  const member = await makeMember(world, { email });
  const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
  await tell(world, 'loan_disbursed', loan.id, member);
  await promiseDigest(world, member, '2026-11-21');
  return member;
}

describe('between the promise and the saying', () => {
  test('nothing changed: both come by SMS and by e-mail', async () => {
    const member = await promiseBoth('same@example.com');
    await world.pass(1);
    expect(smsTo(world, member)).toHaveLength(2);
    expect(mailsTo(world, 'same@example.com')).toHaveLength(2);
  });

  test.each([
    ['the person was disabled', "disabled_at = '2026-11-21T09:00:00Z'", 0, 0],
    ['the phone is not verified any more', 'phone_verified_at = null', 0, 2],
    ['the e-mail was taken away', 'email = null', 2, 0],
    ['they opted out of SMS', "members set sms_opt_out_at = '2026-11-21T09:00:00Z'", 0, 2],
    ['they opted out of e-mail', "members set email_opt_out_at = '2026-11-21T09:00:00Z'", 2, 0],
  ])('%s: what may not be said is not, and is done with', async (why, what, sms, mails) => {
    const email = `${why.replace(/\W+/g, '-')}@example.com`;
    const member = await promiseBoth(email);
    await change(member, what);
    await world.pass(1);
    expect(smsTo(world, member)).toHaveLength(sms);
    expect(mailsTo(world, email)).toHaveLength(mails);
    expect(await outboxOf(world, 'notice')).toMatchObject({ waiting: 0, dead: 0 });
    expect(await outboxOf(world, 'digest')).toMatchObject({ waiting: 0, dead: 0 });
  });

  test('the member has another phone: the new one is written to', async () => {
    const member = await promiseBoth('moved@example.com');
    const other = await makeMember(world);
    const [row] = await world.database.sql<{ phone: string }>('select phone from people where id = $1', [other.personId]);
    await world.database.sql('update people set phone = $2 where id = $1', [member.personId, row?.phone]);
    await world.pass(1);
    expect(smsTo(world, member)).toEqual([]);
    expect(smsTo(world, other)).toHaveLength(2);
  });

  test('a treasurer is one no more: they are told nothing of others', async () => {
    const treasurer = await makeTreasurer(world, 'former@example.com');
    const member = await makeMember(world);
    const loan = await makeLoan(world, { member });
    await tell(world, 'loan_disbursed', loan.id, member, true);
    await world.database.sql("update people set role = 'member' where role = 'treasurer'");
    await world.pass(1);
    expect([...smsTo(world, treasurer), ...mailsTo(world, 'former@example.com')]).toEqual([]);
    expect(smsTo(world, member)).toHaveLength(1);
  });

  test.each([
    ['loan_submitted', 'approved'],
    ['loan_approved', 'active'],
    ['loan_approved', 'rejected'],
    ['loan_rejected', 'submitted'],
    ['loan_withdrawn', 'submitted'],
    ['loan_disbursed', 'closed'],
    ['loan_payout_failed', 'disbursing'],
    ['loan_closed', 'active'],
    ['loan_reopened', 'closed'],
  ] as const)('%s was overtaken (the loan is %s): nothing is said', async (event, state) => {
    const member = await makeMember(world);
    const loan = await makeLoan(world, { member });
    await tell(world, event, loan.id, member);
    await putLoan(world, loan, state);
    await world.pass(1);
    expect(smsTo(world, member)).toEqual([]);
  });

  test('what it was about is gone: nothing is said', async () => {
    const member = await makeMember(world);
    for (const event of ['loan_approved', 'repayment_booked', 'penalty_waived', 'savings_deposited'] as const)
      await tell(world, event, member.id, member); // the id of something else
    await world.pass(1);
    expect(allTo(member)).toEqual([]);
    expect(await outboxOf(world, 'notice')).toMatchObject({ waiting: 0, dead: 0 });
  });
});

test('a message about somebody else’s loan is never said to a member', async () => {
  const [member, other] = [await makeMember(world), await makeMember(world)];
  const loan = await makeLoan(world, { member });
  await tell(world, 'loan_disbursed', loan.id, other);
  await world.pass(1);
  expect([...smsTo(world, member), ...smsTo(world, other)]).toEqual([]);
});

test('a phone that nobody proved is never promised anything, nor is a person without an e-mail', async () => {
  const phone = newPhone();
  await addPerson(world.app.db, { phone, name: 'New', email: undefined, role: 'treasurer' }, { actor: 'test', now: world.clock.now() });
  const member = await makeMember(world);
  const loan = await makeLoan(world, { member });
  const count = async () => (await world.database.sql<{ n: number }>('select count(*)::int as n from outbox'))[0]?.n ?? 0;
  const before = await count();
  await tell(world, 'loan_disbursed', loan.id, member, true);
  expect((await count()) - before).toBe(1);
  await world.pass(1);
  expect(smsTo(world, { phone })).toEqual([]);
});

test('where SMS are off the e-mail tells, and no SMS waits', async () => {
  const quiet = await startWorld({ environment: { SMS_PROVIDER: 'none' } });
  try {
    const member = await makeMember(quiet, { email: 'quiet@example.com' });
    const loan = await makeLoan(quiet, { member, disbursedOn: '2026-11-14' });
    await tell(quiet, 'loan_disbursed', loan.id, member);
    await promiseDigest(quiet, member, '2026-11-21');
    await quiet.pass(1);
    expect(mailsTo(quiet, 'quiet@example.com')).toHaveLength(2);
    expect(await outboxOf(quiet, 'notice')).toEqual({ said: 2, waiting: 0, dead: 0 });
    expect(await outboxOf(quiet, 'digest')).toEqual({ said: 2, waiting: 0, dead: 0 });
    const silent = await makeLoan(quiet, { member: await makeMember(quiet), disbursedOn: '2026-11-14' });
    await chargePenalty(quiet, silent, { on: '2026-11-21', days: 1 });
    await promiseDigest(quiet, silent.member, '2026-11-21', ['sms']);
    await quiet.pass(1);
    expect(await quiet.database.sql('select told_on from penalties')).toEqual([{ told_on: null }]);
  } finally {
    await quiet.stop();
  }
});

describe('at most so many messages a day', () => {
  let capped: World;
  beforeAll(async () => {
    capped = await startWorld({ environment: { NOTICES_PER_DAY: '3' } });
  });
  afterAll(() => capped.stop());

  test('the ones above the cap come at 08:00 of the next morning; treasurers have none', async () => {
    const member = await makeMember(capped);
    const treasurer = await makeTreasurer(capped);
    for (let n = 0; n < 8; n++) await tell(capped, 'loan_disbursed', (await makeLoan(capped, { member })).id, member, true);
    await capped.pass(2);
    expect(smsTo(capped, member)).toHaveLength(3);
    expect(smsTo(capped, treasurer)).toHaveLength(8);
    await goTo(capped, '2026-11-22T04:59:00Z');
    expect(smsTo(capped, member)).toHaveLength(3);
    await goTo(capped, '2026-11-22T05:00:00Z');
    expect(smsTo(capped, member)).toHaveLength(6);
    await goTo(capped, '2026-11-23T05:00:00Z');
    expect(smsTo(capped, member)).toHaveLength(8);
    expect(new Set(smsTo(capped, member)).size).toBe(8);
  });

  test('SMS and e-mails are counted apart, a digest counts, and others’ messages do not', async () => {
    const member = await makeMember(capped, { email: 'apart@example.com' });
    const other = await makeMember(capped);
    await promiseDigest(capped, member, '2026-11-23');
    const loans = [1, 2, 3].map(() => makeLoan(capped, { member, disbursedOn: '2026-11-16' }));
    for (const loan of await Promise.all(loans)) await tell(capped, 'loan_disbursed', loan.id, member);
    await tell(capped, 'loan_disbursed', (await makeLoan(capped, { member: other })).id, other);
    await capped.pass(1);
    expect([smsTo(capped, member).length, mailsTo(capped, 'apart@example.com').length, smsTo(capped, other).length]).toEqual([3, 3, 1]);
  });

  test('a message that fails and is tried again counts once', async () => {
    const member = await makeMember(capped);
    const tellOne = async () => tell(capped, 'loan_disbursed', (await makeLoan(capped, { member })).id, member);
    await tellOne();
    capped.smsInbox.failNext(3, 500);
    await capped.pass(12);
    await tellOne();
    await tellOne();
    await capped.pass(1);
    expect(smsTo(capped, member)).toHaveLength(3);
  });

  test('many at once pass no more than the cap', async () => {
    const member = await makeMember(capped);
    const loans = await Promise.all(Array.from({ length: 12 }, () => makeLoan(capped, { member })));
    await Promise.all(loans.map((loan) => tell(capped, 'loan_disbursed', loan.id, member)));
    await Promise.all([capped.pass(1), capped.pass(1)]);
    expect(smsTo(capped, member)).toHaveLength(3);
  });
});
