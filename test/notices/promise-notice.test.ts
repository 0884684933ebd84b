import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPerson } from '#people/people/manage-people.ts';
import { promiseNotice } from '#sacco/members/promise-notice.ts';
import { newPhone } from '../world/checkout.ts';
import { type MadeMember, makeMember } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { makeTreasurer, tell } from './telling.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const promised = (subjectId: string) =>
  world.database.sql<{ person: string; channel: string; key: string }>(
    "select message ->> 'personId' as person, message ->> 'channel' as channel, dedupe_key as key from outbox where message ->> 'subjectId' = $1 order by 2 desc, 1",
    [subjectId],
  );
const subject = () => crypto.randomUUID();
const channelsOf = async (member: MadeMember, id: string) =>
  (await promised(id)).filter(({ person }) => person === member.personId).map(({ channel }) => channel);

test('one message per channel, with ids and nothing else', async () => {
  const member = await makeMember(world, { email: 'one@example.com' });
  const id = subject();
  await tell(world, 'loan_approved', id, member);
  expect(await channelsOf(member, id)).toEqual(['sms', 'email']);
  const [row] = await world.database.sql<{ message: object }>("select message from outbox where message ->> 'subjectId' = $1", [id]);
  expect(Object.keys(row?.message ?? {}).sort()).toEqual(['channel', 'event', 'kind', 'personId', 'subjectId']);
});

test('promised twice or by many at once, it is one; another event, subject or cause is another', async () => {
  const member = await makeMember(world);
  const id = subject();
  await Promise.all(Array.from({ length: 8 }, () => tell(world, 'loan_closed', id, member)));
  expect(await promised(id)).toHaveLength(1);
  await tell(world, 'loan_reopened', id, member);
  await tell(world, 'loan_closed', subject(), member);
  expect(await promised(id)).toHaveLength(2);
  const again = { event: 'loan_closed', subjectId: id, memberId: member.id, treasurers: false, now: world.clock.now() } as const;
  for (const cause of ['a', 'b', 'b']) await world.app.db.transaction((tx) => promiseNotice(tx, { ...again, cause }));
  expect(await promised(id)).toHaveLength(4);
});

test('it leaves only with its transaction', async () => {
  const member = await makeMember(world);
  const id = subject();
  const failing = world.app.db.transaction(async (tx) => {
    await promiseNotice(tx, { event: 'loan_approved', subjectId: id, memberId: member.id, treasurers: true, now: world.clock.now() });
    throw new Error('The reason is gone.');
  });
  await expect(failing).rejects.toThrow('The reason is gone.');
  expect(await promised(id)).toEqual([]);
});

test('treasurers are told where that is asked, once each, the borrower among them too; members and administrators are not', async () => {
  const member = await makeMember(world, { role: 'treasurer' });
  const other = await makeMember(world);
  const treasurer = await makeTreasurer(world);
  await addPerson(
    world.app.db,
    { phone: newPhone(), name: 'A', email: 'admin@example.com', role: 'admin' },
    { actor: 'test', now: world.clock.now() },
  );
  const [asked, unasked] = [subject(), subject()];
  await tell(world, 'loan_submitted', asked, member, true);
  await tell(world, 'loan_submitted', unasked, member, false);
  expect(await promised(asked)).toHaveLength(2);
  expect(await channelsOf(member, asked)).toEqual(['sms']);
  expect(await channelsOf(other, asked)).toEqual([]);
  expect(await promised(unasked)).toHaveLength(1);
  await world.database.sql("update people set role = 'member' where role = 'treasurer'");
  expect(treasurer.phone).toMatch(/^254/);
});

test.each([
  ['a phone that was not verified', 'update people set phone_verified_at = null where id = $1', ['email']],
  ['a person who is disabled', 'update people set disabled_at = now() where id = $1', []],
  ['who has no e-mail', 'update people set email = null where id = $1', ['sms']],
  ['who opted out of SMS', 'update members set sms_opt_out_at = now() where person_id = $1', ['email']],
  ['who opted out of e-mail', 'update members set email_opt_out_at = now() where person_id = $1', ['sms']],
  ['who opted out of both', 'update members set sms_opt_out_at = now(), email_opt_out_at = now() where person_id = $1', []],
])('nothing is promised to %s', async (_, change, channels) => {
  const member = await makeMember(world, { email: 'kept@example.com' });
  await world.database.sql(change, [member.personId]);
  const id = subject();
  await tell(world, 'loan_approved', id, member);
  expect(await channelsOf(member, id)).toEqual(channels);
});
