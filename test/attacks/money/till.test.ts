import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { settle } from '#mpesa/payments/settle.ts';
import { noticeBody } from '../../proof/bodies.ts';
import { fillFloat, post, type Stage, startStage, US } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ tillNumber: '3702865' });
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const notice = (receipt: string, shillings: number, phone: string, hint: 'hashed' | 'masked' | 'hidden' | 'full') =>
  post(
    stage,
    'c2b-confirmation',
    stage.confirmationPath,
    noticeBody({
      receipt,
      shillings,
      reference: '',
      at: stage.world.clock.now(),
      msisdn: show(phone, hint),
      shortcode: '3702865',
      till: true,
    }),
  );

for (const vat of ['A', null] as const)
  test(`two prompts at a till (${vat ? 'counter sales' : 'suspense'}): the second one's receipt is told first and hidden, and the second is known as paid last: two movements`, async () => {
    stage.world.app.config.paybill.counterVatClass = vat;
    const shillings = vat ? 1761 : 1762;
    const s = await openScene(stage);
    const [a, b] = [await s.owe(shillings, newPhones().other), await s.owe(shillings, newPhones().other)];
    const [ra, rb] = [s.receipt(), s.receipt()];
    const at = stage.world.clock.now();
    stage.statusAnswers.set(rb, { debit: 'JANE', credit: US, shillings, at });
    s.proves(ra, shillings, a.phone, at);
    s.queried(a);
    await s.minutes(2);
    await notice(rb, shillings, b.phone, 'hashed');
    await notice(ra, shillings, a.phone, 'masked');
    await s.minutes(6);
    const before = await s.grown();
    s.queried(a, b);
    await stage.world.clock.advance(6 * 3_600_000);
    await s.minutes(30);
    const tasks = await stage.world.database.sql("select kind, subject from reviews where closed_at is null and kind <> 'balance_unknown'");
    console.log(JSON.stringify({ vat, before, rows: await s.deposits(shillings), grown: await s.grown(), tasks }));
    stage.world.app.config.paybill.counterVatClass = null;
    expect((await s.grown()).paybill_float).toBe(2 * shillings);
  }, 60_000);

test('a query of one prompt claims a receipt while the callback of another one, which names it, waits behind it', async () => {
  const s = await openScene(stage);
  const [a, b] = [await s.owe(1763, newPhones().other), await s.owe(1763, newPhones().other)];
  const own = s.receipt();
  await notice(own, 1763, a.phone, 'hashed');
  const lock = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${stage.world.database.name}`);
  await lock.connect();
  await lock.query('begin');
  await lock.query('select from deposits where receipt = $1 for update', [own]);
  const waiting = async (n: number) => {
    for (let i = 0; i < 60; i++) {
      const rows = await stage.world.database.sql<{ n: number; q: string }>(
        "select count(*)::int as n, string_agg(wait_event || ' ' || (select string_agg(l.locktype || ':' || coalesce(l.classid::text,'') , ',') from pg_locks l where l.pid = pg_stat_activity.pid and not granted), ' | ') as q from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      if ((rows[0]?.n ?? 0) >= n) return rows[0];
      await wait(100);
    }
    return 'nobody waits';
  };
  s.queried(b);
  const minute = s.minutes(1);
  await waiting(1);
  const callback = s.calledBack(a, own, 1763);
  await waiting(2);
  await lock.query('commit');
  expect(await callback).toBe(200);
  await minute;
  await lock.end();
  await s.minutes(10);
  expect({ a: await s.payment(a), b: await s.payment(b), grown: await s.grown() }).toMatchObject({
    a: { status: 'paid' },
    b: { status: 'paid' },
    grown: { paybill_float: 3526, donations: 3526 },
  });
}, 60_000);

test('the same where the process of the query is killed, or slow, before it allocates: both prompts stay paid', async () => {
  const s = await openScene(stage);
  const [a, b] = [await s.owe(1764, newPhones().other), await s.owe(1764, newPhones().other)];
  const own = s.receipt();
  await notice(own, 1764, a.phone, 'hashed');
  const lock = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${stage.world.database.name}`);
  await lock.connect();
  await lock.query('begin');
  await lock.query('select from deposits where receipt = $1 for update', [own]);
  await stage.world.clock.advance(30_000);
  const now = stage.world.clock.now();
  const query = settle(
    { db: stage.world.app.db, now },
    {
      attemptId: b.attemptId,
      source: 'query',
      body: '{"ResultCode":"0"}',
      says: 'paid',
      checkoutRequestId: b.checkoutRequestId,
      resultCode: '0',
      shortcode: stage.shortcode,
    },
  );
  await wait(800);
  const callback = s.calledBack(a, own, 1764);
  await wait(800);
  await lock.query('commit');
  expect((await query).verdict).toBe('pays');
  expect(await callback).toBe(200);
  await lock.end();
  await s.deposits(1764);
  await s.minutes(60);
  await stage.world.clock.advance(24 * 3_600_000);
  await s.minutes(3);
  await stage.world.database.sql("select kind from reviews where closed_at is null and kind <> 'balance_unknown'");
  expect({ a: await s.payment(a), b: await s.payment(b), grown: await s.grown() }).toMatchObject({
    a: { status: 'paid' },
    b: { status: 'paid' },
    grown: { paybill_float: 3528, donations: 3528 },
  });
}, 60_000);
