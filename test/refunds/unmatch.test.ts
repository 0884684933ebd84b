import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { register } from '../paybill/paybill.ts';
import { fill, post } from '../payouts/bulk.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { receivablesOf } from './receivables.ts';

// Money that was matched to what somebody owes us, and was somebody else's.

let world: World;
let debts: ReturnType<typeof receivablesOf>;
let treasurer: { authorization: string };
let second: Signed;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
  debts = receivablesOf(world, treasurer);
  second = await signInAs(world, 'treasurer');
  await fill(world, 1);
});
afterAll(() => world.stop());

const reason = "It was Amina's, who had paid twice";
const undo = (depositId: string, receivable: string, by = second.headers) => debts.unmatch(depositId, { receivable, reason }, by);
const refused = (status: number, code: string) => ({ status, body: { code } });

/** Money that was matched to all of a debt by mistake. */
async function mistaken(shillings: number) {
  const receivable = await debts.owes(shillings);
  const depositId = await debts.comesBack(shillings);
  expect(await debts.match(depositId, { receivable })).toMatchObject({ status: 200, body: { left: 0 } });
  return { receivable, depositId };
}

test('a second person undoes it: the debt is owed again and the money waits again, each with its task, and then goes to its owner', async () => {
  const before = [await debts.owed(), await debts.suspended()];
  const { receivable, depositId } = await mistaken(350);
  expect([await debts.owed(), await debts.suspended()]).toEqual(before);
  expect(await debts.openKinds(receivable)).toEqual([]);
  expect(await undo(depositId, receivable)).toEqual(
    expect.objectContaining({ status: 200, body: { depositId, receivable, waiting: 350, owed: 350 } }),
  );
  expect([await debts.owed(), await debts.suspended()]).toEqual([(before[0] ?? 0n) + 35_000n, (before[1] ?? 0n) + 35_000n]);
  expect([await debts.openKinds(receivable), await debts.openKinds(depositId)]).toEqual([
    ['refund_exceeds_payment'],
    ['unidentified_deposit'],
  ]);
  expect((await booksBalance(world)).clearingCents).toBe(0n);
  expect(
    await world.database.sql("select actor, after from audit where action = 'deposit_unmatched' and subject = $1", [depositId]),
  ).toEqual([{ actor: expect.stringContaining('person:'), after: { receivable, amount: 350 } }]);
  const [kept] = await world.database.sql<{ note: string }>(
    'select n.note from task_notes n join reviews r on r.id = n.review_id where r.subject = $1',
    [depositId],
  );
  expect(kept?.note).toBeDefined();
  expect(kept?.note).not.toContain('Amina');
  expect(await post(world, '/api/refunds', { depositId, reason: 'Matched by mistake' }, treasurer)).toMatchObject({ status: 201 });
});

test('it is undone once, also at once, and may be matched again and undone again', async () => {
  const before = await debts.owed();
  const { receivable, depositId } = await mistaken(260);
  const third = await signInAs(world, 'treasurer');
  const answers = await Promise.all([undo(depositId, receivable), undo(depositId, receivable, third.headers)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(await undo(depositId, receivable)).toMatchObject(refused(409, 'not_matched'));
  expect(await debts.owed()).toBe(before + 26_000n);
  expect(await debts.match(depositId, { receivable })).toMatchObject({ status: 200, body: { left: 0 } });
  expect(await undo(depositId, receivable)).toMatchObject({ status: 200, body: { waiting: 260, owed: 260 } });
  expect(await debts.owed()).toBe(before + 26_000n);
  expect(await debts.match(depositId, { receivable })).toMatchObject({ status: 200 });
});

test('all that was matched of it comes back, in parts or not, and no more; what others paid of the debt stays paid', async () => {
  const before = await debts.owed();
  const receivable = await debts.owes(500);
  const [ours, theirs] = [await debts.comesBack(150), await debts.comesBack(300)];
  expect(await debts.match(ours, { receivable })).toMatchObject({ status: 200 });
  for (const amount of [100, 50]) expect(await debts.match(theirs, { receivable, amount })).toMatchObject({ status: 200 });
  expect(await undo(theirs, receivable)).toMatchObject({ status: 200, body: { waiting: 150, owed: 350 } });
  expect(await debts.owed()).toBe(before + 35_000n);
  expect(await post(world, '/api/refunds', { depositId: theirs, amount: 301, reason: 'Too much' }, treasurer)).toMatchObject({
    status: 422,
  });
  expect(await post(world, '/api/refunds', { depositId: theirs, amount: 300, reason: 'Theirs' }, treasurer)).toMatchObject({ status: 201 });
  expect(await debts.match(theirs, { receivable })).toMatchObject(refused(409, 'nothing_in_suspense'));
});

test('by nobody who matched it, themselves or with their key, by no key, and not by who owes it', async () => {
  const debtor = await signInAs(world, 'admin');
  const receivable = await debts.owes(300, debtor.phone);
  const [byHand, byKey] = [await debts.comesBack(100), await debts.comesBack(200)];
  expect(await debts.match(byHand, { receivable })).toMatchObject({ status: 200 });
  const admin = await signInAs(world, 'admin');
  const made = await post(world, '/api/keys', { name: 'Till', scopes: ['deposits:match'] }, admin.headers);
  expect(await debts.match(byKey, { receivable }, { authorization: `Bearer ${made.body.key}` })).toMatchObject({ status: 200 });
  expect(await undo(byHand, receivable, treasurer)).toMatchObject(refused(403, 'second_person_needed'));
  expect(await undo(byKey, receivable, admin.headers)).toMatchObject(refused(403, 'second_person_needed'));
  expect(await undo(byHand, receivable, debtor.headers)).toMatchObject(refused(403, 'own_account'));
  expect(await undo(byHand, receivable, await operator(world, 'deposits:match'))).toMatchObject(refused(403, 'forbidden'));
  expect(await undo(byKey, receivable)).toMatchObject({ status: 200 });
});

test('nothing is undone of what was never matched there', async () => {
  const nobody = '00000000-0000-4000-8000-000000000000';
  const { receivable, depositId } = await mistaken(120);
  const other = await debts.owes(120);
  expect(await undo(nobody, receivable)).toMatchObject(refused(404, 'deposit_not_found'));
  expect(await undo(depositId, other)).toMatchObject(refused(409, 'not_matched'));
  expect(await undo(depositId, nobody)).toMatchObject(refused(409, 'not_matched'));
  expect(await debts.unmatch(depositId, { receivable }, second.headers)).toMatchObject(refused(400, 'invalid_input'));
});

test('of money that was reversed in the portal it is undone before the money is taken back, and not after', async () => {
  const before = [await debts.owed(), await debts.suspended()];
  const early = await mistaken(210);
  await debts.reverseInPortal(early.depositId, 210);
  expect(await undo(early.depositId, early.receivable)).toMatchObject({ status: 200 });
  expect(await debts.takeBack(early.depositId)).toMatchObject({ status: 200 });
  expect([await debts.openKinds(early.receivable), await debts.openKinds(early.depositId)]).toEqual([['refund_exceeds_payment'], []]);
  const late = await mistaken(220);
  await debts.reverseInPortal(late.depositId, 220);
  expect(await debts.takeBack(late.depositId)).toMatchObject({ status: 200 });
  expect(await undo(late.depositId, late.receivable)).toMatchObject(refused(409, 'not_matched'));
  expect([await debts.openKinds(late.receivable), await debts.openKinds(late.depositId)]).toEqual([[], ['taken_back_short']]);
  expect([await debts.owed(), await debts.suspended()]).toEqual([(before[0] ?? 0n) + 43_000n, before[1]]);
});

test('at the same moment as its money is taken back, or as another pays the debt: each cent counts once', async () => {
  const before = await debts.owed();
  for (let n = 0; n < 3; n++) {
    const { receivable, depositId } = await mistaken(230);
    await debts.reverseInPortal(depositId, 230);
    const [undone, taken] = await Promise.all([undo(depositId, receivable), debts.takeBack(depositId)]);
    expect([200, 409]).toContain(undone.status);
    expect(taken).toMatchObject({ status: 200 });
  }
  expect(await debts.owed()).toBe(before + 69_000n);
  const { receivable, depositId } = await mistaken(240);
  const other = await debts.comesBack(240);
  const [undone, matched] = await Promise.all([undo(depositId, receivable), debts.match(other, { receivable })]);
  expect(undone).toMatchObject({ status: 200 });
  expect(await debts.owed()).toBe(before + 69_000n + (matched.status === 200 ? 0n : 24_000n));
  expect((await booksBalance(world)).clearingCents).toBe(0n);
});

/** What evidence does that takes a debt off the books, or brings it back: some legs, in one transaction. */
const booked = (receivable: string, shillings: number, ...legs: ['off' | 'on', number][]) =>
  world.database.sql(
    `select ${legs.map(([way, leg]) => `book_1('given_twice', $1, ${leg}, '${way === 'off' ? 'expenses' : 'receivables'}', '${way === 'off' ? 'receivables' : 'expenses'}', $2, $3)`).join(', ')}`,
    [receivable, shillings * 100, world.clock.now()],
  );

test('a debt that is taken off the books after it was paid back is a task, until the match is undone', async () => {
  const before = await debts.owed();
  const { receivable, depositId } = await mistaken(260);
  await booked(receivable, 260, ['off', 2]);
  expect(await debts.openKinds(receivable)).toEqual(['debt_overpaid']);
  const [row] = await world.database.sql<{ id: string }>("select id from reviews where kind = 'debt_overpaid' and subject = $1", [
    receivable,
  ]);
  const task = (await (await world.send('GET', `/api/tasks/${row?.id}`, { headers: second.headers })).json()) as {
    amounts: { id: string; owed: number | null }[];
    actions: { path: string; send?: object }[];
  };
  expect(task.amounts).toContainEqual(expect.objectContaining({ id: receivable, owed: -260 }));
  expect(task.actions).toContainEqual(
    expect.objectContaining({ path: `/api/deposits/${depositId}/unmatch`, send: { receivable, reason: '...' }, allowed: true }),
  );
  expect(await undo(depositId, receivable)).toMatchObject({ status: 200, body: { waiting: 260, owed: 0 } });
  expect([await debts.owed(), await debts.openKinds(receivable), await debts.openKinds(depositId)]).toEqual([
    ...[before, [], ['unidentified_deposit']],
  ]);
});

test('it is none where the debt is there again, where the rest of it is gone, or where it is below zero within one movement alone; and nobody is asked for what is not owed', async () => {
  const { receivable } = await mistaken(270);
  await booked(receivable, 270, ['off', 2], ['on', 3]);
  expect(await debts.openKinds(receivable)).toEqual([]);
  await booked(receivable, 270, ['off', 4]);
  expect(await debts.openKinds(receivable)).toEqual(['debt_overpaid']);
  await booked(receivable, 270, ['on', 5]);
  expect(await debts.openKinds(receivable)).toEqual([]);
  const half = await debts.owes(280);
  expect(await debts.match(await debts.comesBack(140), { receivable: half })).toMatchObject({ status: 200 });
  await booked(half, 140, ['off', 2]);
  expect(await debts.openKinds(half)).toEqual([]);
  const open = await debts.owes(290);
  await booked(open, 100, ['off', 2]);
  expect(await debts.openKinds(open)).toEqual(['refund_exceeds_payment']);
  await booked(open, 190, ['off', 3]);
  expect(await debts.openKinds(open)).toEqual([]);
});

const session = () => new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${world.database.name}`);

test.each(['match first', 'evidence first', 'at once'] as const)(
  'nor does it matter which of the two is committed first: %s',
  async (order) => {
    const receivable = await debts.owes(310);
    const [match, evidence] = [session(), session()];
    await Promise.all([match.connect(), evidence.connect()]);
    try {
      for (const [client, books] of [
        [match, "book_1('match', $1, 9, 'suspense', 'receivables', $2, $3)"],
        [evidence, "book_1('given_twice', $1, 2, 'expenses', 'receivables', $2, $3)"],
      ] as const) {
        await client.query('begin');
        await client.query(`select ${books}`, [receivable, 31_000, world.clock.now()]);
      }
      if (order === 'at once') await Promise.all([match.query('commit'), evidence.query('commit')]);
      else for (const client of order === 'match first' ? [match, evidence] : [evidence, match]) await client.query('commit');
    } finally {
      await Promise.all([match.end(), evidence.end()]);
    }
    expect(await debts.openKinds(receivable)).toEqual(['debt_overpaid']);
  },
);
