import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addDays, type Day, nairobiMoment } from '#ground/time/nairobi.ts';
import { readReminders } from '#sacco/loans/runs/read-reminders.ts';
import { reminds } from '#sacco/loans/runs/reminded-days.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { runReminders } from '#sacco/loans/runs/run-reminders.ts';
import { type MadeMember, makeLoan, makeMember, makeProduct, type ProductRow } from '../../world/lending.ts';
import { startWorld, type World } from '../../world/world.ts';

const never = new Date('9999-01-01');
const DUE = '2026-12-02'; // a Wednesday: no Monday is among the days after it but +5 and +12

let world: World;
let single: ProductRow & { id: string };
beforeAll(async () => {
  world = await startWorld();
  single = await makeProduct(world, { instalments: 1 });
});
afterAll(() => world.stop());
beforeEach(() => world.database.sql('truncate runs, outbox, penalties, waivers, instalments'));

/** A loan of which one instalment is due on a day. */
const owe = (member: MadeMember, dueOn: Day, more: { product?: ProductRow & { id: string } } = {}) =>
  makeLoan(world, { member, product: single, disbursedOn: addDays(dueOn, -7), ...more });

const remind = (on: Day, at: Date = nairobiMoment(on, 8), size = 3) =>
  runReminders({ db: world.app.db, clock: { now: () => at } }, on, never, size);

const digests = () =>
  world.database.sql<{ member: string; on: string; channel: string; urgency: number; due_at: Date }>(
    `select message ->> 'memberId' as member, message ->> 'on' as "on", message ->> 'channel' as channel, urgency, due_at from outbox order by 1, 3`,
  );

test.each([
  ['2026-11-28', false, 'four days before'],
  ['2026-11-29', true, 'three days before'],
  ['2026-11-30', false, 'a Monday before it is due'],
  ['2026-12-01', false, 'the day before'],
  ['2026-12-02', true, 'on the day'],
  ['2026-12-03', true, 'one day late'],
  ['2026-12-04', false, 'two days late'],
  ['2026-12-05', true, 'three days late'],
  ['2026-12-06', false, 'four days late'],
  ['2026-12-07', true, 'the Monday after'],
  ['2026-12-08', false, 'six days late'],
  ['2026-12-09', true, 'seven days late'],
  ['2026-12-10', false, 'eight days late'],
  ['2026-12-14', true, 'the Monday after that'],
  ['2027-12-06', true, 'a Monday a year later'],
  ['2027-12-07', false, 'a Tuesday a year later'],
])('on %s an instalment due on 2 December is told: %s (%s)', async (on, told) => {
  const member = await makeMember(world);
  const loan = await owe(member, DUE);
  expect(reminds(DUE, on)).toBe(told);
  expect(await remind(on)).toEqual({ written: told ? 1 : 0, finished: true });
  expect(await digests()).toEqual(told ? [expect.objectContaining({ member: member.id, on, channel: 'sms', urgency: 1 })] : []);
  const expected = [{ loanId: loan.id, reference: loan.reference, number: 1, dueOn: DUE, unpaidCents: 500_000n, penaltyCents: 0n }];
  expect(await readReminders(world.app.db, member.id, on)).toEqual(told ? expected : []);
});

test('a Monday that is two days before the due day tells nothing of it, and three days before does', () => {
  expect(reminds('2026-12-02', '2026-11-30')).toBe(false);
  expect(reminds('2026-12-03', '2026-11-30')).toBe(true);
});

test('one message for each person, day and channel over all their loans, however many runs there are', async () => {
  const member = await makeMember(world, { email: 'wanjiru@example.com' });
  const other = await makeMember(world);
  for (const dueOn of [DUE, DUE, addDays(DUE, 3), addDays(DUE, -7), addDays(DUE, 2)]) await owe(member, dueOn);
  await owe(other, addDays(DUE, 1));
  expect(await remind(DUE)).toEqual({ written: 2, finished: true });
  expect((await digests()).map(({ member: who, channel }) => [who, channel])).toEqual([
    [member.id, 'email'],
    [member.id, 'sms'],
  ]);
  expect((await readReminders(world.app.db, member.id, DUE)).map(({ dueOn }) => dueOn)).toEqual([
    addDays(DUE, -7),
    DUE,
    DUE,
    addDays(DUE, 3),
  ]);
  await Promise.all([remind(DUE), remind(DUE), remind(DUE)]);
  expect(await digests()).toHaveLength(2);
});

test('penalties of the night and the reminder of the morning are one message', async () => {
  const product = await makeProduct(world, { instalments: 1, penaltyKind: 'fixed', penaltyCents: 10_000n });
  const member = await makeMember(world);
  await owe(member, DUE, { product });
  const night = nairobiMoment(addDays(DUE, 1), 0.25);
  expect(await runPenalties({ db: world.app.db, clock: { now: () => night } }, addDays(DUE, 1), never)).toEqual({
    written: 1,
    finished: true,
  });
  await remind(addDays(DUE, 1));
  expect(await digests()).toEqual([expect.objectContaining({ on: addDays(DUE, 1), due_at: nairobiMoment(addDays(DUE, 1), 8) })]);
});

test('an instalment that is paid is not told, unless a penalty of it is not', async () => {
  const [paid, owing] = [await makeMember(world), await makeMember(world)];
  for (const member of [paid, owing]) {
    const loan = await owe(member, DUE);
    await world.database.sql('update instalments set paid_principal_cents = principal_cents where loan_id = $1', [loan.id]);
    await world.database.sql(
      `insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, paid_cents, recorded_at) values ($1, 1, 1, $2, 1, 500000, 10000, $3, now())`,
      [loan.id, addDays(DUE, 1), member === paid ? 10_000 : 4_000],
    );
  }
  for (const on of [addDays(DUE, 3), addDays(DUE, 5)]) {
    await world.database.sql('truncate outbox');
    await remind(on);
    expect((await digests()).map(({ member }) => member)).toEqual([owing.id]);
    expect(await readReminders(world.app.db, paid.id, on)).toEqual([]);
    expect(await readReminders(world.app.db, owing.id, on)).toEqual([expect.objectContaining({ unpaidCents: 0n, penaltyCents: 6_000n })]);
  }
});

test('nobody is written to without a verified phone, after opting out, when disabled, or for a loan that is closed', async () => {
  const people = await Promise.all(Array.from({ length: 5 }, () => makeMember(world, { email: 'member@example.com' })));
  for (const member of people) await owe(member, DUE);
  const [unverified, optedOut, disabled, closed, silent] = people.map(({ id, personId }) => ({ id, personId }));
  await world.database.sql('update people set phone_verified_at = null where id = $1', [unverified?.personId]);
  await world.database.sql('update members set sms_opt_out_at = now() where id = $1', [optedOut?.id]);
  await world.database.sql('update people set disabled_at = now() where id = $1', [disabled?.personId]);
  await world.database.sql("update loans set state = 'closed' where member_id = $1", [closed?.id]);
  await world.database.sql('update members set sms_opt_out_at = now(), email_opt_out_at = now() where id = $1', [silent?.id]);
  await remind(DUE);
  const reached = (await digests()).map(({ member, channel }) => `${member} ${channel}`);
  expect(reached).toEqual([`${unverified?.id} email`, `${optedOut?.id} email`].sort());
});

test('reminders are due at 08:00, at once when it is later, and from 20:00 on the day is over', async () => {
  const member = await makeMember(world);
  await owe(member, DUE);
  const dueAt = async (at: Date) => {
    await world.database.sql('truncate outbox');
    expect(await remind(DUE, at)).toMatchObject({ finished: true });
    return (await digests()).map(({ due_at }) => due_at);
  };
  expect(await dueAt(nairobiMoment(DUE, 3))).toEqual([nairobiMoment(DUE, 8)]);
  expect(await dueAt(nairobiMoment(DUE, 8))).toEqual([nairobiMoment(DUE, 8)]);
  expect(await dueAt(nairobiMoment(DUE, 19.99))).toEqual([nairobiMoment(DUE, 19.99)]);
  expect(await dueAt(nairobiMoment(DUE, 20))).toEqual([]);
  expect(await dueAt(nairobiMoment(addDays(DUE, 1), 8))).toEqual([]);
});

test('runs that are cut off after each chunk remind everyone once', async () => {
  const members = await Promise.all(Array.from({ length: 10 }, () => makeMember(world)));
  for (const member of [...members, ...members]) await owe(member, DUE);
  let written = 0;
  for (let finished = false; !finished; ) {
    let looks = 0;
    const clock = { now: () => new Date(nairobiMoment(DUE, 8).getTime() + 1_000 * looks++) };
    const progress = await runReminders({ db: world.app.db, clock }, DUE, new Date(nairobiMoment(DUE, 8).getTime() + 5_000), 3);
    ({ finished } = progress);
    written += progress.written;
  }
  expect(written).toBe(10);
  expect((await digests()).map(({ member }) => member)).toEqual(members.map(({ id }) => id).sort());
});
