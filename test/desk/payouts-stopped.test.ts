import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { askBalance } from '#mpesa/inquiries/ask-balance.ts';
import { stopDispatch } from '#mpesa/payouts/stop-dispatch.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

type Headers = { authorization: string };

let world: World;
let asker: Headers;
let approver: Headers;

beforeAll(async () => {
  world = await startWorld();
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  for (let n = 0; n < 3; n++) {
    const phoneNumber = newPhone();
    world.simulator.control.setBalance(phoneNumber, 250_000);
    const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
  }
});
afterAll(() => world.stop());
beforeEach(async () => {
  await send('start', { reason: 'The next test' }).catch(() => undefined);
});

const post = async (path: string, body: unknown, headers: Headers = asker) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const send = (what: 'stop' | 'start', body: unknown, headers?: Headers) => post(`/api/payouts/${what}`, body, headers);
const listed = async () => (await (await world.send('GET', '/api/payouts', { headers: asker })).json()) as { stopped: unknown };
const openTasks = () =>
  world.database.sql<{ subject: string; words: string | null }>(
    "select subject, words from reviews where kind = 'payouts_stopped' and closed_at is null order by subject",
  );
const sentCents = () => BigInt(world.simulator.control.truth().sentCents);
async function approved(amount: number) {
  const asked = await post('/api/payouts', { phoneNumber: newPhone(), amount, reason: 'Supplier' });
  return post(`/api/payouts/${asked.body.payoutId}/decision`, {}, approver);
}
const statesOf = async (payoutId: unknown) =>
  (await world.database.sql<{ state: string }>('select state from withdrawals where payout_id = $1 order by part', [payoutId])).map(
    ({ state }) => state,
  );

test('what is approved while payouts are stopped waits, says so, and leaves once when they are started again', async () => {
  expect(await listed()).toMatchObject({ stopped: null });
  const stopped = await send('stop', { reason: 'Somebody else uses the portal' });
  const since = world.clock.now().toISOString();
  expect(stopped).toEqual({ status: 200, body: { stopped: { reason: 'Somebody else uses the portal', since } } });
  expect(await listed()).toMatchObject(stopped.body);
  expect(await openTasks()).toEqual([{ subject: 'by_hand', words: 'A person has stopped them: Somebody else uses the portal' }]);

  const before = sentCents();
  const [small, large] = [await approved(1_000), await approved(250_020)];
  for (const { body } of [small, large])
    expect(body).toMatchObject({ state: 'approved', waits: expect.stringContaining('payouts_stopped') });
  await world.pass(17);
  expect([await statesOf(small.body.payoutId), await statesOf(large.body.payoutId)]).toEqual([['reserved'], ['reserved', 'reserved']]);
  expect(sentCents()).toBe(before);

  expect(await send('start', { reason: 'The password was changed' })).toMatchObject({
    status: 200,
    body: { stopped: null, was: { reason: 'Somebody else uses the portal', since }, next: expect.stringContaining('five minutes') },
  });
  expect(await openTasks()).toEqual([]);
  expect(await listed()).toMatchObject({ stopped: null });
  await world.pass(9);
  expect([await statesOf(small.body.payoutId), await statesOf(large.body.payoutId)]).toEqual([['paid'], ['paid', 'paid']]);
  expect(sentCents() - before).toBe(25_102_000n);
  await world.pass(20);
  expect(sentCents() - before).toBe(25_102_000n);
  const books = await booksBalance(world);
  expect(books.floatCents).toBe(books.truthCents);
});

test('twice, and many at once: each is done once, and the others are told which state it is in', async () => {
  const stops = await Promise.all(Array.from({ length: 6 }, (_, n) => send('stop', { reason: `Number ${n}` }, n % 2 ? asker : approver)));
  const [first] = stops.filter(({ status }) => status === 200);
  expect(stops.filter(({ status, body }) => status === 409 && body.code === 'payouts_stopped')).toHaveLength(5);
  for (const { body } of stops) expect(body.stopped).toEqual(first?.body.stopped);
  expect(await openTasks()).toHaveLength(1);
  const starts = await Promise.all(Array.from({ length: 6 }, () => send('start', { reason: 'All is well' })));
  expect(starts.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(starts.filter(({ status, body }) => status === 409 && body.code === 'payouts_running')).toHaveLength(5);
  const trail = await world.database.sql<{ action: string; reason: string }>(
    "select action, after ->> 'reason' as reason from audit where subject = 'payouts' order by happened_at desc, id desc limit 2",
  );
  expect(new Set(trail.map(({ action }) => action))).toEqual(new Set(['payouts_started', 'payouts_stopped']));
});

test('a person adds their reason to that of Safaricom; starting ends both and closes both tasks', async () => {
  await stopDispatch(world.app.db, 'initiator_locked', world.clock.now());
  await stopDispatch(world.app.db, 'wrong_credentials', world.clock.now());
  await world.clock.advance(60_000);
  expect((await send('stop', { reason: 'The books are counted' })).status).toBe(200);
  expect((await listed()).stopped).toMatchObject({
    reason: 'Our initiator cannot be used: initiator_locked. The books are counted',
  });
  expect((await openTasks()).map(({ subject }) => subject)).toEqual(['by_hand', 'initiator_locked', 'wrong_credentials']);
  expect(await send('start', { reason: 'Unlocked and counted' })).toMatchObject({ status: 200 });
  expect([await openTasks(), (await listed()).stopped]).toEqual([[], null]);
  const closed = await world.database.sql<{ closed_by: string; note: string }>(
    "select distinct closed_by, note from reviews where kind = 'payouts_stopped' and note like '%counted'",
  );
  expect(closed).toEqual([{ closed_by: expect.stringMatching(/^person:/), note: 'Started again: Unlocked and counted' }]);
});

test('an alarm in the moment of starting leaves payouts stopped with a task, or running without one', async () => {
  for (let round = 0; round < 12; round++) {
    await stopDispatch(world.app.db, 'wrong_credentials', world.clock.now());
    await Promise.all([
      send('start', { reason: 'Corrected' }),
      stopDispatch(world.app.db, 'initiator_locked', world.clock.now()),
      send('start', { reason: 'Corrected too' }),
    ]);
    expect((await openTasks()).length > 0).toBe((await listed()).stopped !== null);
  }
});

test('an alarm that is half done holds up whoever starts payouts, so that its task is closed too', async () => {
  await stopDispatch(world.app.db, 'wrong_credentials', world.clock.now());
  const other = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${world.database.name}`);
  await other.connect();
  await other.query('begin');
  await other.query(
    "insert into reviews (id, kind, subject, opened_at) values (gen_random_uuid(), 'payouts_stopped', 'initiator_locked', now())",
  );
  const waiting = async (most: number) => {
    const count =
      'select count(*)::int as n from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()';
    for (let tries = 0; tries < 60; tries++) {
      const [row] = await world.database.sql<{ n: number }>(count);
      if ((row?.n ?? 0) >= most) return true;
      await new Promise((later) => setTimeout(later, 50));
    }
    return false;
  };
  const alarm = stopDispatch(world.app.db, 'initiator_locked', world.clock.now());
  expect(await waiting(1)).toBe(true);
  const started = send('start', { reason: 'Corrected' });
  expect(await waiting(2)).toBe(true);
  await other.query('rollback');
  await other.end();
  await Promise.all([alarm, started]);
  expect((await started).status).toBe(200);
  expect([await openTasks(), (await listed()).stopped]).toEqual([[], null]);
});

test('a stop in the moment of sending, and a start, pay each payout once', async () => {
  const before = sentCents();
  const payouts = [];
  for (let n = 0; n < 6; n++) payouts.push(await approved(100));
  await Promise.all([world.pass(1), send('stop', { reason: 'At this very moment' })]);
  await world.pass(6);
  await Promise.all([world.pass(1), send('start', { reason: 'And on' })]);
  await world.pass(12);
  for (const { body } of payouts) expect(await statesOf(body.payoutId)).toEqual(['paid']);
  expect(sentCents() - before).toBe(60_000n);
});

test('what Safaricom may have taken before the stop is asked about, not sent anew, and paid once after the start', async () => {
  const before = sentCents();
  const { body } = await approved(700);
  world.simulator.control.plan({ api: 'b2c', next: 1, responseLost: true, lost: true });
  world.simulator.control.fault({ api: 'transactionstatus', fault: 'drop-before', times: 3 });
  await world.pass(1);
  expect((await send('stop', { reason: 'Look first' })).status).toBe(200);
  await world.pass(8);
  expect((await send('start', { reason: 'Looked' })).status).toBe(200);
  await world.pass(40);
  expect(await statesOf(body.payoutId)).toEqual(['paid']);
  expect(sentCents() - before).toBe(70_000n);
});

test('a stop by hand keeps no receipt and no balance from being asked about: only a refused initiator does', async () => {
  await register(world);
  const proved = async () => {
    const paid = await payBill(world, { account: 'NOBODY', amountShillings: 333 });
    await world.pass(6);
    const [row] = await world.database.sql<{ proved: boolean }>(
      'select confirmed_at is not null as proved from deposits where receipt = $1',
      ['receipt' in paid && paid.receipt],
    );
    return row?.proved;
  };
  const balances = async () => {
    await world.clock.advance(3_600_000);
    await askBalance(world.app);
    await world.settled();
    return world.database.sql("select 1 from inquiries where kind = 'account-balance'");
  };
  await send('stop', { reason: 'Somebody else uses the portal' });
  expect(await proved()).toBe(true);
  const asked = (await balances()).length;
  expect((await balances()).length).toBe(asked + 1);
  await stopDispatch(world.app.db, 'initiator_locked', world.clock.now());
  expect(await proved()).toBe(false);
  expect((await balances()).length).toBe(asked + 1);
});

test('who is named in a reason by a number or an address is masked, in the task, the trail and the list', async () => {
  await send('stop', { reason: 'Ask +254 712-345-678 or w@example.com' });
  const masked = 'Ask •••678 or •••@•••';
  expect((await listed()).stopped).toMatchObject({ reason: masked });
  expect((await openTasks())[0]?.words).toContain(masked);
  const [trail] = await world.database.sql<{ reason: string }>(
    "select after ->> 'reason' as reason from audit where action = 'payouts_stopped' order by happened_at desc, id desc limit 1",
  );
  expect(trail?.reason).toBe(masked);
});

describe.each(['stop', 'start'] as const)('to %s them', (what) => {
  test.each([
    ['nothing', {}],
    ['an empty reason', { reason: '  ' }],
    ['a reason of two lines', { reason: 'one\ntwo' }],
    ['a reason without an end', { reason: 'x'.repeat(201) }],
    ['a number', { reason: 12 }],
    ['more than is asked', { reason: 'Counting', force: true }],
  ])('with %s is refused, and nothing happens', async (_, body) => {
    expect(await send(what, body)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    expect((await listed()).stopped).toBeNull();
  });

  test('is nothing for a member, a key or a stranger', async () => {
    const reason = { reason: 'Because I can' };
    expect((await send(what, reason, await signedIn(world, 'member'))).status).toBe(403);
    expect((await send(what, reason, await operator(world, 'payouts:request', 'letters:read'))).status).toBe(403);
    expect((await world.send('POST', `/api/payouts/${what}`, { body: reason })).status).toBe(401);
    expect((await listed()).stopped).toBeNull();
  });
});
