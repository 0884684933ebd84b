import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { drainOutbox } from '#ground/outbox/delivery/drain.ts';
import { sayDigest } from '#sacco/notices/say-digest.ts';
import { type MadeMember, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { chargePenalty, goTo, mailsTo, outboxOf, promiseDigest, smsTo, tell } from './telling.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const DAY = 24 * 60 * 60 * 1000;
const day = (n: number) => new Date(Date.parse('2026-11-21') + n * DAY).toISOString().slice(0, 10);

/** On how many of Nairobi's days a member got how many SMS, drained every so many minutes for some days. Fails where one came in the quiet hours. */
async function livesThrough(member: MadeMember, days: number, everyMinutes: number): Promise<Map<string, number>> {
  const { app, clock } = world;
  const neverHere = () => Promise.reject(new Error('Only digests wait here.'));
  const others = {
    invoice_email: neverHere,
    dispatch_withdrawal: neverHere,
    reserve_bulk: neverHere,
    customer_notice: neverHere,
    refund_paid: neverHere,
    payout_settled: neverHere,
    loan_payout_settled: neverHere,
    repayments_moved: neverHere,
    access_notice: neverHere,
    staff_notice: neverHere,
  };
  const aside = async () => undefined;
  const alerts = { alert: aside, alert_crowd: aside, alert_cleared: aside, alert_mail: aside };
  const deliverers = { ...others, ...alerts, ask_receipt: neverHere, notice: neverHere, daily_summary: neverHere, digest: sayDigest };
  const got = new Map<string, number>();
  for (let minutes = 0; minutes < days * 24 * 60; minutes += everyMinutes) {
    await clock.advance(everyMinutes * 60_000);
    const before = smsTo(world, member).length;
    await drainOutbox(app, deliverers, new Date(clock.now().getTime() + 1000));
    const more = smsTo(world, member).length - before;
    if (more === 0) continue;
    const inNairobi = new Date(clock.now().getTime() + 3 * 60 * 60 * 1000).toISOString();
    expect(inNairobi.slice(11, 16) >= '08:00' && inNairobi.slice(11, 16) < '20:00', inNairobi).toBe(true);
    got.set(inNairobi.slice(0, 10), (got.get(inNairobi.slice(0, 10)) ?? 0) + more);
  }
  return got;
}

describe('the provider is down, then up', () => {
  test.each([503, 'silence'] as const)('%s: nothing is lost and nothing said twice', async (failure) => {
    const member = await makeMember(world, { email: 'down@example.com' });
    const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
    await promiseDigest(world, member, '2026-11-21');
    await tell(world, 'loan_disbursed', loan.id, member);
    world.smsInbox.failNext(4, failure);
    world.inbox.failNext(4, failure);
    await world.pass(12);
    expect([smsTo(world, member).length, mailsTo(world, 'down@example.com').length]).toEqual([2, 2]);
    expect(await outboxOf(world, 'digest')).toEqual({ said: 2, waiting: 0, dead: 0 });
  });

  test('for two days: the reminders of both are said together on the third, and the penalty with them', async () => {
    const member = await makeMember(world);
    const product = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n });
    const early = await makeLoan(world, { member, disbursedOn: '2026-11-17' }); // three days before its due day on the 21st
    const late = await makeLoan(world, { member, product, disbursedOn: '2026-11-14' }); // a day late on the 22nd
    for (const n of [0, 1, 2]) await promiseDigest(world, member, day(n), ['sms']);
    world.smsInbox.failNext(1000, 503);
    await world.pass(1);
    await goTo(world, `${day(1)}T04:00:00Z`);
    await chargePenalty(world, late, { on: day(1), days: 1 });
    for (const hour of ['05:00', '06:00', '07:00']) await goTo(world, `${day(1)}T${hour}:00Z`);
    expect(smsTo(world, member)).toEqual([]);
    world.smsInbox.failNext(0, 503);
    await goTo(world, `${day(2)}T05:00:00Z`);
    await world.pass(3);
    const [sms, ...more] = smsTo(world, member);
    expect(more).toEqual([]);
    expect(sms).toContain(`KES 500 for loan ${early.reference} is due by 24 Nov 2026.`);
    expect(sms).toContain(`KES 550 for loan ${late.reference} has been due since 21 Nov 2026, including penalties of KES 50.`);
    expect(sms).toContain(`Penalty KES 50 on ${late.reference}`);
    await goTo(world, `${day(3)}T08:00:00Z`);
    expect(smsTo(world, member)).toHaveLength(1);
    expect(
      (await world.database.sql("select 1 from outbox where sent_at is null and dead_at is null and message ->> 'kind' = 'digest'")).length,
    ).toBe(0);
  });
});

test('digests of many days that come due at once are one message', async () => {
  const member = await makeMember(world, { email: 'many@example.com' });
  await makeLoan(world, { member, disbursedOn: '2026-11-12' });
  for (let n = -5; n <= 0; n++) await promiseDigest(world, member, day(n));
  await Promise.all([world.pass(1), world.pass(1)]);
  await world.pass(15);
  expect([smsTo(world, member).length, mailsTo(world, 'many@example.com').length]).toEqual([1, 1]);
  expect(await outboxOf(world, 'digest')).toEqual({ said: 12, waiting: 0, dead: 0 });
});

test('one that is promised late for a day whose message was said comes the next morning', async () => {
  const member = await makeMember(world);
  const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
  await promiseDigest(world, member, day(0), ['sms']);
  await world.pass(1);
  await promiseDigest(world, member, day(-3), ['sms']); // the run of that night was made up for
  await world.pass(2);
  expect(smsTo(world, member)).toHaveLength(1);
  const waiting = await world.database.sql('select due_at from outbox where sent_at is null');
  expect(waiting).toEqual([{ due_at: new Date(`${day(1)}T05:00:00Z`) }]);
  await goTo(world, `${day(1)}T05:00:00Z`);
  expect(smsTo(world, member)[1]).toContain(`KES 500 for loan ${loan.reference} has been due since 21 Nov 2026.`);
});

test('a crash after the SMS and before it was noted says the same again, and no third time', async () => {
  const member = await makeMember(world);
  const loan = await makeLoan(world, { member, product: await makeProduct(world, { penaltyKind: 'fixed' }), disbursedOn: '2026-11-13' });
  await chargePenalty(world, loan, { on: day(0), days: 1 });
  await promiseDigest(world, member, day(0), ['sms']);
  world.smsInbox.failNext(1, 'lost answer');
  await world.pass(5);
  const said = smsTo(world, member);
  expect(said).toHaveLength(2);
  expect(said[1]).toBe(said[0]);
});

test('a crash after it was noted says nothing again', async () => {
  const member = await makeMember(world);
  await makeLoan(world, { member, disbursedOn: '2026-11-14' });
  await promiseDigest(world, member, day(0), ['sms']);
  await world.pass(1);
  await world.database.sql('update outbox set sent_at = null');
  await world.pass(3);
  expect(smsTo(world, member)).toHaveLength(1);
  expect(await outboxOf(world, 'digest')).toEqual({ said: 1, waiting: 0, dead: 0 });
});

test('over the day’s cap it comes the next morning with that day’s', async () => {
  const capped = await startWorld({ environment: { NOTICES_PER_DAY: '1' } });
  try {
    const member = await makeMember(capped);
    const loan = await makeLoan(capped, { member, disbursedOn: '2026-11-17' });
    await tell(capped, 'loan_disbursed', loan.id, member);
    await capped.pass(1);
    for (const n of [0, 1]) await promiseDigest(capped, member, day(n), ['sms']);
    await capped.pass(1);
    expect(smsTo(capped, member)).toHaveLength(1);
    await goTo(capped, `${day(1)}T05:00:00Z`);
    await capped.pass(15);
    expect(smsTo(capped, member)).toHaveLength(2);
    expect(smsTo(capped, member)[1]).toContain('is due by 24 Nov 2026');
  } finally {
    await capped.stop();
  }
});

test('through two weeks of a failing provider nobody gets two in a day or one at night', async () => {
  const member = await makeMember(world);
  await makeLoan(world, { member, disbursedOn: '2026-11-14' });
  for (let n = 0; n < 14; n++) await promiseDigest(world, member, day(n), ['sms']);
  world.smsInbox.failNext(16, 503);
  const got = await livesThrough(member, 15, 67);
  expect([...got.values()].every((count) => count === 1)).toBe(true);
  expect(got.size).toBeGreaterThan(4);
  expect(await outboxOf(world, 'digest')).toMatchObject({ waiting: 0 });
});
