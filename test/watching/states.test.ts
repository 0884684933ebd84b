import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { watchStates } from '#desk/alerts/watch-states.ts';
import { newId } from '#ground/db/columns.ts';
import { push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    environment: { ALERT_TOLD_SHILLINGS: '1000', ALERT_FAILURE_PERCENT: '50', MPESA_INITIATOR_PASSWORD_SET_ON: '2026-11-01' },
  });
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.database.sql("update reviews set closed_at = $1, closed_by = 'malipo' where closed_at is null", [world.clock.now()]);
  await world.clock.advance(2 * 3_600_000);
});

const ago = (minutes: number) => new Date(world.clock.now().getTime() - minutes * 60_000);
const open = async (kind: string) =>
  world.database.sql<{ subject: string; words: string }>('select subject, words from reviews where kind = $1 and closed_at is null', [
    kind,
  ]);
const look = () => watchStates(world.app);

/** A payment by prompt that was made so many minutes ago, as it is now; `heard`: whether a callback told of it. */
async function prompted({ minutes = 10, state = 'paid', accepted = true, heard = true } = {}): Promise<void> {
  const [payment, attempt] = [newId(), newId()];
  await world.database.sql(
    `insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, state, status, latest_attempt_id, created_at)
     values ($1, $2, 'order', 'public', '[]', 'en', 'x', $2, 100, 100, $3, $3, $4, $5)`,
    [payment, payment.slice(-12), state, attempt, ago(minutes)],
  );
  await world.database.sql(
    `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, checkout_hash, created_at)
     values ($1, $2, 'x', '1', 100, $3, false, $4, $5, $4)`,
    [attempt, payment, state, ago(minutes), accepted ? attempt : null],
  );
  if (heard)
    await world.database.sql("insert into evidence values ($1, $2, 'callback', $3, 'x', 'pays', $4)", [
      newId(),
      attempt,
      attempt,
      ago(minutes),
    ]);
}
const many = async (times: number, what: Parameters<typeof prompted>[0]) => {
  for (let n = 0; n < times; n++) await prompted(what);
};

describe('callbacks that do not come', () => {
  test('while prompts are accepted are a task, which stays through a quiet time and closes with the next callback', async () => {
    await many(4, { state: 'unknown', heard: false });
    await look();
    expect(await open('callbacks_missing')).toEqual([]);
    await prompted({ state: 'paid', heard: false }); // found out by a query
    await look();
    expect(await open('callbacks_missing')).toEqual([
      { subject: 'prompts', words: 'Safaricom accepted 5 prompts, and called back about none of them.' },
    ]);
    await world.clock.advance(3 * 3_600_000);
    await look();
    expect(await open('callbacks_missing')).toHaveLength(1);
    await prompted();
    await look();
    expect(await open('callbacks_missing')).toEqual([]);
  });

  test('are none while prompts are still on phones, or Safaricom accepted none', async () => {
    await many(8, { minutes: 2, state: 'pending', heard: false });
    await many(8, { accepted: false, state: 'failed', heard: false });
    await look();
    expect(await open('callbacks_missing')).toEqual([]);
  });

  test('are seen in the real flow: Safaricom accepts, and its callbacks are lost', async () => {
    world.simulator.control.plan({ next: 5, outcome: 'paid', lost: true });
    for (let n = 0; n < 5; n++) await push(world);
    await world.pass(5);
    expect((await open('callbacks_missing')).length).toBe(1);
  });
});

describe('prompts that fail', () => {
  test('in more than the share that is set are a task, which closes clearly below it', async () => {
    await many(15, { state: 'failed' });
    await many(14, { state: 'paid' });
    await look();
    expect(await open('prompts_failing')).toEqual([]); // too few to say
    await prompted({ state: 'failed' });
    await look();
    expect(await open('prompts_failing')).toEqual([{ subject: 'prompts', words: '16 of 30 prompts of the last hour failed.' }]);
    await many(6, { state: 'paid', minutes: 5 }); // 16 of 36: below, not clearly
    await look();
    expect(await open('prompts_failing')).toHaveLength(1);
    await many(6, { state: 'paid', minutes: 5 });
    await look();
    expect(await open('prompts_failing')).toEqual([]);
  });
});

describe('told money', () => {
  const tell = (shortcode: string, cents: number, hours: number, more = '') =>
    world.database.sql(
      `insert into deposits (id, source, amount_cents, receipt, shortcode, moved_at, settled_at, allocated_at${more && ', confirmed_at'})
       values ($1, 'c2b', $2, $3, $4, $5, $5, $5${more && ', $5'})`,
      [newId(), cents, newId().slice(-12).toUpperCase(), shortcode, ago(hours * 60)],
    );

  test('that is old and much is a task of its short code, with the sum; new, little or proved money is none', async () => {
    await tell('600111', 90_000, 30);
    await tell('600111', 900_000, 23);
    await tell('600111', 900_000, 30, 'proved');
    await tell('600222', 60_000, 30);
    await tell('600222', 50_000, 26);
    await look();
    expect(await open('told_money_waits')).toEqual([
      { subject: '600222', words: expect.stringMatching(/^KES 1,100 in 2 payments, the oldest of 2026-/) },
    ]);
    await world.database.sql("update deposits set confirmed_at = now() where shortcode = '600222' and amount_cents = 50000");
    await look();
    expect(await open('told_money_waits')).toHaveLength(1); // more than half is left
    await world.database.sql("update deposits set confirmed_at = now() where shortcode = '600222'");
    await look();
    expect(await open('told_money_waits')).toEqual([]);
    await world.database.sql("update deposits set confirmed_at = now() where shortcode like '600%'");
  });
});

describe('messages that are given up', () => {
  const giveUp = (minutes: number) =>
    world.database.sql(
      `insert into outbox (id, dedupe_key, message, due_at, dead_at) values (gen_random_uuid(), $1, '{"kind": "digest"}', $2, $2)`,
      [newId(), ago(minutes)],
    );

  test('ten within an hour are a task, which closes after an hour without', async () => {
    for (let n = 0; n < 9; n++) await giveUp(5);
    await giveUp(70);
    await look();
    expect(await open('dead_letters_growing')).toEqual([]);
    await giveUp(1);
    await look();
    expect(await open('dead_letters_growing')).toEqual([{ subject: 'outbox', words: '10 messages were given up within an hour.' }]);
    await world.clock.advance(58 * 60_000);
    await look();
    expect(await open('dead_letters_growing')).toHaveLength(1);
    await world.clock.advance(2 * 60_000);
    await look();
    expect(await open('dead_letters_growing')).toEqual([]);
  });
});

describe("the initiator's password", () => {
  test('is due ten days before its 90 days are over, is not told again when a person has closed the task, and closes with a new day', async () => {
    const now = world.clock.now();
    await look();
    expect(await open('initiator_password_due')).toEqual([]);
    await world.clock.advance(Date.parse('2027-01-19T20:59:00Z') - world.clock.now().getTime());
    await look();
    expect(await open('initiator_password_due')).toEqual([]);
    await world.clock.advance(2 * 60_000); // the 20th in Nairobi
    await look();
    expect(await open('initiator_password_due')).toEqual([
      { subject: 'initiator', words: 'It was set on 2026-11-01, and ends on 2027-01-30.' },
    ]);
    const headers = await signedIn(world, 'admin');
    const [task] = await world.database.sql<{ id: string }>(
      "select id from reviews where kind = 'initiator_password_due' and closed_at is null",
    );
    await world.send('POST', `/api/tasks/${task?.id}/close`, { body: { note: 'tomorrow' }, headers });
    await look();
    expect(await open('initiator_password_due')).toEqual([]);
    await world.clock.advance(25 * 3_600_000);
    await look();
    expect(await open('initiator_password_due')).toHaveLength(1); // a day later, still due
    world.app.config.alerts.initiatorPasswordSetOn = '2027-01-21';
    await look();
    expect(await open('initiator_password_due')).toEqual([]);
    expect(world.clock.now() > now).toBe(true);
  });
});

test('a state that goes on opens no second task and promises no second alert, however often and at once it is looked at', async () => {
  await many(6, { state: 'unknown', heard: false });
  await Promise.all([look(), look(), look(), look()]);
  for (let n = 0; n < 3; n++) await look();
  expect(await open('callbacks_missing')).toHaveLength(1);
  expect(
    await world.database.sql(
      "select count(*)::int as n from outbox o join reviews r on o.dedupe_key = 'alert:' || r.id where r.kind = 'callbacks_missing' and r.closed_at is null",
    ),
  ).toEqual([{ n: 1 }]);
});

/** How much is written into PostgreSQL's log while something is done, by whomever. */
async function logged(work: () => Promise<unknown>): Promise<number> {
  const position = async () => (await world.database.sql<{ at: string }>('select pg_current_wal_insert_lsn()::text as at'))[0]?.at;
  const before = await position();
  await work();
  const [row] = await world.database.sql<{ bytes: number }>('select ($1::pg_lsn - $2::pg_lsn)::int as bytes', [await position(), before]);
  return row?.bytes ?? Number.POSITIVE_INFINITY;
}

test('all of it is one round trip, in which a site at rest writes nothing', async () => {
  await look();
  const before = await world.database.roundTrips();
  expect(await look()).toEqual({ opened: 0, closed: 0, cleared: 0 });
  expect((await world.database.roundTrips()) - before).toBe(1);
  // other tests write into the same log: what it writes itself is no more than the least of some looks
  let bytes = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 50 && bytes >= 1_000; tries++) bytes = Math.min(bytes, await logged(look));
  expect(bytes).toBeLessThan(1_000);
});
