import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '#ground/db/types.ts';
import { reserveLines } from '#mpesa/payouts/bulk/reserve-bulk.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { approve, counts, csvOf, fill, type Headers, post, see, sentCents, upload } from './bulk.ts';

let world: World;
let asker: Headers;
let approver: Headers;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
});

const file = (lines: number, amount: number) => csvOf(Array.from({ length: lines }, () => ({ amount })));
const cancel = (bulkId: unknown, by = approver) => post(world, `/api/bulk-payouts/${bulkId}/cancel`, { reason: 'Sent by mistake' }, by);
const openTasks = (subject: unknown) =>
  world.database.sql<{ kind: string; words: string | null }>('select kind, words from reviews where subject = $1 and closed_at is null', [
    subject,
  ]);
const available = async (bulkId: unknown) => (await see(world, bulkId, approver)).float.available;

async function expectBooksToBalance(): Promise<void> {
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
}

describe('a float that is too small', () => {
  test('is said before the approval; approved all the same, the lines leave in order, and the rest follows once there is more', async () => {
    await fill(world, 1);
    const { body } = await upload(world, file(5, 60_000), asker);
    const seen = await see(world, body.bulkId, approver);
    expect(seen.float).toEqual({ available: 200_000, short: 100_000 });
    expect(await approve(world, body, approver)).toMatchObject({
      status: 422,
      body: { code: 'insufficient_float', available: 200_000, needed: 300_000 },
    });
    expect(await approve(world, body, approver, { partly: true })).toMatchObject({ status: 200 });
    await world.pass(3);
    const half = await see(world, body.bulkId, asker);
    expect(counts(half)).toEqual({ paid: 3, waiting: 2 });
    expect(half.lines.map(({ state }) => state)).toEqual(['paid', 'paid', 'paid', 'waiting', 'waiting']);
    expect(await openTasks(body.bulkId)).toMatchObject([
      { kind: 'bulk_float_short', words: expect.stringContaining('line 5 takes KES 60,000') },
    ]);
    await fill(world, 1);
    await world.pass(4);
    expect(counts(await see(world, body.bulkId, asker))).toEqual({ paid: 5 });
    expect(await openTasks(body.bulkId)).toEqual([]);
    await expectBooksToBalance();
  });
});

describe('what has not left', () => {
  test('is cancelled: lines that wait, and those that are reserved while payouts are stopped; their money is free again', async () => {
    await fill(world, 1);
    await post(world, '/api/payouts/stop', { reason: 'Audit' }, approver);
    const { body } = await upload(world, file(5, 70_000), asker);
    const before = await available(body.bulkId);
    const answer = await approve(world, body, approver, { partly: true });
    expect(answer.body).toMatchObject({ state: 'approved', waits: expect.stringContaining('stopped') });
    await world.pass(2);
    const stopped = counts(await see(world, body.bulkId, asker));
    expect(Object.keys(stopped).sort()).toEqual(['reserved', 'waiting']);
    const sent = sentCents(world);
    expect(await cancel(body.bulkId)).toMatchObject({
      status: 200,
      body: { state: 'cancelled', cancelled: { lines: 5, amount: 350_000 } },
    });
    expect(await cancel(body.bulkId)).toMatchObject({ status: 409, body: { code: 'bulk_ended' } });
    await post(world, '/api/payouts/start', { reason: 'Done' }, approver);
    await world.pass(7);
    expect(counts(await see(world, body.bulkId, asker))).toEqual({ cancelled: 5 });
    expect(sentCents(world)).toBe(sent);
    expect(await available(body.bulkId)).toBe(before);
    expect(await openTasks(body.bulkId)).toEqual([]);
    const opened = await world.database.sql("select from reviews where kind = 'payout_rejected'");
    expect(opened).toEqual([]); // what a person cancelled is no failure
    await expectBooksToBalance();
  });

  test('is all of one that nobody has decided; what was sent stays sent', async () => {
    await fill(world, 1);
    const waiting = await upload(world, file(2, 500), asker);
    expect(await cancel(waiting.body.bulkId)).toMatchObject({ status: 200, body: { state: 'cancelled', cancelled: { lines: 2 } } });
    expect(await approve(world, waiting.body, approver)).toMatchObject({ status: 409 });
    const { body } = await upload(world, file(2, 900), asker);
    await approve(world, body, approver);
    await world.pass(3);
    expect(await cancel(body.bulkId)).toMatchObject({ status: 409, body: { code: 'bulk_ended' } });
    expect(counts(await see(world, body.bulkId, asker))).toEqual({ paid: 2 });
  });

  test('at the very moment when it is sent, is either sent or cancelled, never both', async () => {
    const { body } = await upload(world, file(30, 100), asker);
    await approve(world, body, approver);
    const before = sentCents(world);
    const [cancelled] = await Promise.all([cancel(body.bulkId), world.pass(1)]);
    await world.pass(4);
    const { paid = 0, cancelled: ended = 0 } = counts(await see(world, body.bulkId, asker));
    expect(paid + ended).toBe(30);
    expect(sentCents(world) - before).toBe(BigInt(paid) * 10_000n);
    if (cancelled.status === 200) expect((cancelled.body.cancelled as { lines: number }).lines).toBe(ended);
    await expectBooksToBalance();
  });
});

test('a line that M-PESA refuses is shown with its reason, in one task for the file, and is never sent again', async () => {
  await fill(world, 1);
  world.simulator.control.plan({ api: 'b2c', next: 2, outcome: 'not-registered' });
  const { body } = await upload(world, file(4, 1_100), asker);
  await approve(world, body, approver);
  await world.pass(4);
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ paid: 2, failed: 2 });
  const failed = await see(world, body.bulkId, asker, '?state=failed');
  expect(failed.lines).toMatchObject([{ why: expect.stringContaining('Safaricom says') }, { state: 'failed' }]);
  expect(await openTasks(body.bulkId)).toMatchObject([
    { kind: 'bulk_line_failed', words: expect.stringMatching(/^BP-.*line \d+: KES 1,100 did not leave/) },
  ]);
  expect(await openTasks(failed.lines[0]?.payoutId)).toEqual([]);
  const sent = sentCents(world);
  await world.pass(10);
  expect(sentCents(world)).toBe(sent);
  await expectBooksToBalance();
});

test('many runs at once reserve each line once, and so does a message that comes twice', async () => {
  const { body } = await upload(world, file(450, 10), asker);
  const before = sentCents(world);
  await world.database.sql("update bulk_payouts set state = 'approved', decided_by = requested_by where id = $1", [body.bulkId]);
  const runs = await Promise.all(Array.from({ length: 6 }, () => reserveLines(world.app, String(body.bulkId))));
  expect(new Set(runs)).toEqual(new Set(['done']));
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ reserved: 450 });
  const [made] = await world.database.sql<{ n: number; ids: number }>(
    'select count(*)::int as n, count(distinct w.payout_id)::int as ids from bulk_lines l join withdrawals w on w.payout_id = l.payout_id where l.bulk_id = $1',
    [body.bulkId],
  );
  expect(made).toEqual({ n: 450, ids: 450 });
  await world.pass(8);
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ paid: 450 });
  expect(sentCents(world) - before).toBe(450_000n);
  await expectBooksToBalance();
});

/** The database of a process that is killed before its `last`-th statement. */
function dyingAt(last: number): Db {
  let statements = 0;
  const counted = <T extends object>(at: T): T =>
    new Proxy(at, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown as (...given: unknown[]) => unknown;
        if (name === 'transaction') return (work: (tx: object) => unknown) => value((tx: object) => work(counted(tx)));
        if (name !== 'execute' && name !== 'insert') return typeof value === 'function' ? value.bind(target) : value;
        return (...given: unknown[]) => {
          statements += 1;
          if (statements === last) throw new Error('The process was killed.');
          return Reflect.apply(value, target, given);
        };
      },
    });
  return counted(world.app.db);
}

test('a run that is cut off before any of its statements leaves nothing behind, and the next one reserves each line once', async () => {
  await fill(world, 1);
  const { body } = await upload(world, file(3, 10), asker);
  await world.database.sql("update bulk_payouts set state = 'approved', decided_by = requested_by where id = $1", [body.bulkId]);
  const made = () =>
    world.database.sql(
      "select (select count(*)::int from payouts) as payouts, (select count(*)::int from withdrawals) as parts, (select count(*)::int from transfers) as transfers, (select count(*)::int from audit where action = 'bulk_reserved') as told, (select count(*)::int from bulk_lines where bulk_id = $1 and payout_id is not null) as lines",
      [body.bulkId],
    );
  const before = await made();
  let last = 0;
  let outcome: string | undefined;
  while (outcome === undefined) {
    last += 1;
    outcome = await reserveLines({ ...world.app, db: dyingAt(last) }, String(body.bulkId)).catch((error: Error) => {
      expect(error.message).toBe('The process was killed.');
      return undefined;
    });
    if (outcome === undefined) expect([last, await made()]).toEqual([last, before]);
  }
  expect([last > 8, outcome]).toEqual([true, 'done']);
  expect(await made()).not.toEqual(before);
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ reserved: 3 });
  await world.pass(2);
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ paid: 3 });
});

test('five thousand lines are taken, read and reserved within the limits of a function', async () => {
  await fill(world, 2);
  const began = Date.now();
  const { status, body } = await upload(world, file(5_000, 10), asker);
  expect(status).toBe(201);
  await see(world, body.bulkId, approver);
  await approve(world, body, approver);
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ reserved: 1_000, waiting: 4_000 });
  expect(await reserveLines(world.app, String(body.bulkId), 25)).toBe('done');
  expect(counts(await see(world, body.bulkId, asker))).toEqual({ reserved: 5_000 });
  expect(Date.now() - began).toBeLessThan(26_000);
});
