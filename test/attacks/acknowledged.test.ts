import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statusOf } from '../world/checkout.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { type DurableDatabase, startDurableDatabase } from './durable-database.ts';
import { type WaitingPrompt, waitingPrompt } from './waiting-prompt.ts';

const CALLBACKS = 24;

let database: DurableDatabase;
let world: World;
let paidBefore = 0;
beforeAll(async () => {
  database = await startDurableDatabase();
  world = await startWorld({ database });
});
afterAll(() => world.stop());

async function waitingPrompts(count: number): Promise<WaitingPrompt[]> {
  const made: WaitingPrompt[] = [];
  for (let n = 0; n < count; n++) made.push(await waitingPrompt(world));
  return made;
}

/** Answers as soon as we do: whatever is promised for later may be cut off. */
const post = async ({ path, paidBody }: WaitingPrompt) => (await world.send('POST', path, { body: paidBody, patient: false })).status;

/** Each of these was acknowledged: it is kept and booked, once, and the job finishes what was cut off. */
async function expectSettledOnce(acknowledged: WaitingPrompt[]): Promise<void> {
  await world.settled();
  const ids = acknowledged.map(({ attemptId }) => attemptId);
  const [row] = await database.sql(
    `select (select count(*)::int from evidence where subject_id = any($1)) as kept, (select count(*)::int from attempts where id = any($1) and state = 'paid') as paid,
       (select count(*)::int from transfers t join deposits d on d.id::text = t.source_id where d.attempt_id = any($1) and t.kind = 'mpesa_in') as booked`,
    [ids],
  );
  expect(row).toEqual({ kept: ids.length, paid: ids.length, booked: ids.length });
  paidBefore += ids.length;
  await world.pass(2);
  expect(await booksBalance(world)).toMatchObject({ floatCents: BigInt(paidBefore) * 125_000n, clearingCents: 0n });
}

test('every callback that was answered 200 is there after the database was killed at that moment', async () => {
  const waiting = await waitingPrompts(CALLBACKS);
  const answers = await Promise.all(waiting.map(post));
  database.kill();
  expect(answers).toEqual(Array(CALLBACKS).fill(200));
  await database.restart();
  await expectSettledOnce(waiting);
}, 60_000);

test('callbacks that meet the kill are answered 200 only when they are kept, and booked once', async () => {
  const waiting = await waitingPrompts(CALLBACKS);
  let answered = 0;
  const posts = waiting.map(async (each) => {
    const status = await post(each);
    answered += 1;
    if (answered === 4) database.kill();
    return status;
  });
  while (answered < 4) await sleep(1);
  await sleep(500);
  await database.restart();
  expect(await Promise.all(posts)).toEqual(Array(CALLBACKS).fill(200));
  await expectSettledOnce(waiting);
}, 60_000);

test('a callback that finds no database for two seconds is answered 200 when there is one again, and settled once', async () => {
  const [waiting] = await waitingPrompts(1);
  if (!waiting) throw new Error('no prompt');
  await database.endpointDown();
  const posted = post(waiting);
  await sleep(2_000);
  await database.endpointUp();
  expect(await posted).toBe(200);
  await expectSettledOnce([waiting]);
});

test('a callback whose connection breaks in the middle of its statement is settled once', async () => {
  const [waiting] = await waitingPrompts(1);
  if (!waiting) throw new Error('no prompt');
  const locked = database
    .sql(`with l as materialized (select id from payments where id = $1 for update) select pg_sleep(60) from l`, [waiting.paymentId])
    .catch(() => 'cut');
  const waits = async () => (await database.sql("select from pg_stat_activity where wait_event_type = 'Lock'")).length > 0;
  const posted = post(waiting);
  while (!(await waits())) await sleep(20);
  await database.dropConnections();
  expect([await locked, await posted]).toEqual(['cut', 200]);
  await expectSettledOnce([waiting]);
});

test('what cannot be kept is not acknowledged, and is welcome again later', async () => {
  const [waiting] = await waitingPrompts(1);
  if (!waiting) throw new Error('no prompt');
  await database.sql('alter table evidence rename to elsewhere');
  expect(await post(waiting)).toBe(500);
  await database.sql('alter table elsewhere rename to evidence');
  expect(await statusOf(world, waiting.paymentId)).toMatchObject({ status: 'pending' });
  expect(await post(waiting)).toBe(200);
  await expectSettledOnce([waiting]);
});
