import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerWaiting, fillFloat, openPayout, type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

test('1 a true receipt told under a word nobody knows, callback lost, query paid, status proves it: one movement', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1101);
  const r = s.receipt();
  s.proves(r, 1101, owed.phone);
  await s.told(r, 1101, 'SCHOOL', owed.phone);
  s.queried(owed);
  await s.minutes(20);
  expect(await s.grown()).toMatchObject({ paybill_float: 1101 });
});

test('1b the same told for another order', async () => {
  const s = await openScene(stage);
  const [mine, other] = [await s.owe(1102), await s.owe(1102)];
  const r = s.receipt();
  s.proves(r, 1102, mine.phone);
  await s.told(r, 1102, other.reference, mine.phone);
  s.queried(mine);
  await s.minutes(20);
  expect({ grown: await s.grown(), other: await s.payment(other) }).toMatchObject({ grown: { paybill_float: 1102 } });
});

test('2 the receipt of an own payout, forged into a notice that names a query success: the success stays', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1103);
  const { receipt: r } = await openPayout(stage, 1103);
  await s.told(r, 1103, owed.reference, owed.phone);
  s.queried(owed);
  await stage.world.clock.advance(60_000);
  const { strike } = await import('../../world/route.ts');
  await strike('scheduled-minute');
  await stage.world.settled();
  await answerWaiting(stage);
  await s.minutes(30);
  // one in, one out
  expect({ grown: await s.grown(), rows: await s.deposits(1103), payment: await s.payment(owed) }).toMatchObject({
    grown: expect.not.objectContaining({ paybill_float: expect.anything() }),
    payment: { status: 'paid' },
  });
});

test('3 told under an unknown word, refuted, taken back; then the callback names it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1104);
  const r = s.receipt();
  await s.told(r, 1104, 'SCHOOL', owed.phone);
  await s.minutes(1);
  await s.refute(r);
  expect(await s.takeBack(r)).toBe(200);
  expect(await s.grown()).toEqual({});
  const status = await s.calledBack(owed, r, 1104);
  await s.minutes(5);
  expect({ status, grown: await s.grown(), payment: await s.payment(owed) }).toMatchObject({
    status: 200,
    grown: { paybill_float: 1104 },
    payment: { status: 'paid' },
  });
});

test('3b told for its own payment, refuted, taken back; then the callback names it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1105);
  const r = s.receipt();
  await s.told(r, 1105, owed.reference, owed.phone);
  await s.minutes(6);
  await s.refute(r);
  expect(await s.takeBack(r)).toBe(200);
  expect(await s.grown()).toEqual({});
  const status = await s.calledBack(owed, r, 1105);
  await s.minutes(5);
  const { clearing, paybill_float, suspense = 0 } = (await s.grown()) as Record<string, number>;
  expect({ status, clearing, paybill_float, suspense }).toEqual({ status: 200, clearing: undefined, paybill_float: 1105, suspense: 0 });
});

test('4 told, parked, refuted, taken back; then our own payout turns out to have that receipt', async () => {
  const s = await openScene(stage);
  const { receipt: r } = await openPayout(stage, 1106);
  await s.told(r, 1106, 'SCHOOL');
  await stage.world.settled();
  await s.refute(r);
  expect(await s.takeBack(r)).toBe(200);
  await answerWaiting(stage);
  await s.minutes(5);
  expect(await s.grown()).toMatchObject({ paybill_float: -1106 });
  expect(Object.keys(await s.grown())).not.toContain('paybill_told');
  expect(Object.keys(await s.grown())).not.toContain('suspense');
});

test('5 surplus, claimed for another payment that is paid already: parked again', async () => {
  const s = await openScene(stage);
  const [a, b] = [await s.owe(1107), await s.owe(1107)];
  const [ra, rb, hand] = [s.receipt(), s.receipt(), s.receipt()];
  await s.calledBack(a, ra, 1107);
  await s.told(rb, 1107, a.reference, b.phone); // b's true receipt, told for a
  s.proves(hand, 1107);
  await s.told(hand, 1107, b.reference);
  await s.minutes(8);
  const status = await s.calledBack(b, rb, 1107);
  await s.minutes(30);
  const grown = await s.grown();
  expect({ status, grown, rows: await s.deposits(1107) }).toMatchObject({
    status: 200,
    grown: expect.not.objectContaining({ clearing: expect.anything() }),
  });
});

test('6 what an earlier release booked is proved before it is gathered', async () => {
  const s = await openScene(stage);
  const r = s.receipt();
  const { sql } = stage.world.database;
  const now = stage.world.clock.now().toISOString();
  // as the earlier release left it: told by a notice, confirmed by nothing, in the float itself and in suspense
  await sql(
    "insert into deposits (id, source, receipt, amount_cents, settled_at, allocated_at, version) values (gen_random_uuid(), 'c2b', $1, 110800, $2, $2, 1)",
    [r, now],
  );
  const [d] = await sql<{ id: string }>('select id from deposits where receipt = $1', [r]);
  await sql(
    "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'mpesa_in', $1, 1, 'paybill_float', 'clearing', 110800, $2), (gen_random_uuid(), 'suspense', $1, 1, 'clearing', 'suspense', 110800, $2)",
    [d?.id, now],
  );
  await sql('select * from settle_deposit_status_3($1, $2, $3, $4, $5, $6, $7, null, null, null, null, $8::timestamptz, $8::timestamptz)', [
    d?.id,
    'hash6',
    'body',
    'completed',
    r,
    110800,
    '174379',
    now,
  ]);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 1108, suspense: 1108 });
});

test('6b the same claimed by its callback before it is gathered', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1109);
  const r = s.receipt();
  const { sql } = stage.world.database;
  const now = stage.world.clock.now().toISOString();
  await sql(
    "insert into deposits (id, source, receipt, amount_cents, settled_at, allocated_at, version) values (gen_random_uuid(), 'c2b', $1, 110900, $2, $2, 1)",
    [r, now],
  );
  const [d] = await sql<{ id: string }>('select id from deposits where receipt = $1', [r]);
  await sql(
    "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'mpesa_in', $1, 1, 'paybill_float', 'clearing', 110900, $2), (gen_random_uuid(), 'suspense', $1, 1, 'clearing', 'suspense', 110900, $2)",
    [d?.id, now],
  );
  await s.calledBack(owed, r, 1109);
  await s.minutes(2);
  expect(await s.grown()).toMatchObject({ paybill_float: 1109 });
});

test('7 a callback that comes while its receipt is being parked', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1110);
  const r = s.receipt();
  const { sql } = stage.world.database;
  const now = stage.world.clock.now().toISOString();
  // the function was killed after it had settled the notice; the minute allocates just as the callback comes
  await post7(r, owed.phone);
  const [d] = await sql<{ id: string; allocated_at: Date | null }>('select id, allocated_at from deposits where receipt = $1', [r]);
  expect(d?.allocated_at).toBe(null);
  const { default: pg } = await import('pg');
  const { inject } = await import('vitest');
  const client = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${stage.world.database.name}`);
  await client.connect();
  await client.query('begin');
  await client.query('select allocate_3($1, null, $2)', [d?.id, now]);
  const callback = s.calledBack(owed, r, 1110);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await client.query('commit');
  await client.end();
  const status = await callback;
  await s.minutes(5);
  expect({ status, grown: await s.grown(), payment: await s.payment(owed) }).toMatchObject({
    status: 200,
    grown: { paybill_float: 1110, donations: 1110 },
    payment: { status: 'paid' },
  });
});

async function post7(r: string, phone: string) {
  const { noticeBody } = await import('../../proof/bodies.ts');
  const { post } = await import('../../proof/stage.ts');
  const { show } = await import('../../proof/world-of-money.ts');
  const body = noticeBody({
    receipt: r,
    shillings: 1110,
    reference: 'SCHOOL',
    at: stage.world.clock.now(),
    msisdn: show(phone, 'masked'),
    shortcode: stage.shortcode,
  });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, body, true);
}
