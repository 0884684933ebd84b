import { afterAll, beforeAll, expect, test } from 'vitest';
import { secondsAt } from '#desk/reports/read-time-to-pay.ts';
import { confirm, noticeBody, payBill, register, tellsNow } from '../paybill/paybill.ts';
import { callbackBody, latestAttempt, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signIn } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';
import { countAll } from './count-all.ts';
import { truth } from './truth.ts';

let world: World;
let key: { authorization: string };
beforeAll(async () => {
  world = await startWorld({ environment: { SMS_PRICE_CENTS: '90', EMAIL_PRICE_CENTS: '5' } });
  await register(world);
  key = await operator(world, 'reports:read');
});
afterAll(() => world.stop());

type Answer = { days: Record<string, unknown>[]; total: Record<string, unknown> } & Record<string, unknown>;

async function report(path: string): Promise<Answer> {
  await countAll(world);
  const response = await world.send('GET', `/api/reports/${path}`, { headers: key });
  expect([path, response.status]).toEqual([path, 200]);
  return response.json() as Promise<Answer>;
}

const csv = async (path: string) => (await world.send('GET', `/api/reports/${path}`, { headers: key })).text();

async function pay(pin: string, body: Record<string, unknown> = {}, waitMs = 10_000) {
  const pushed = await push(world, body);
  await world.clock.advance(waitMs);
  await world.simulator.control.answer(pushed.prompt?.checkoutRequestId ?? '', { pin });
  await world.clock.advance(10_000);
  await world.settled();
  return pushed;
}

test('reports of nothing are empty, and have no rates', async () => {
  expect(await report('success-rate')).toMatchObject({
    days: [],
    total: { paymentsCreated: 0, ofCreatedPercent: null, ofAcceptedPercent: null },
  });
  expect(await report('time-to-pay')).toMatchObject({ days: [], total: { payments: 0, medianSeconds: null, p95Seconds: null } });
  expect(await report('failures')).toMatchObject({ days: [], total: { prompts: 0, reasons: [] } });
  expect(await report('revenue')).toMatchObject({ days: [], total: { total: 0 } });
  expect(await report('pending')).toEqual({ pending: 0, amount: 0, oldest: null, payments: [] });
  expect(await report('recent')).toMatchObject({ payments: [] });
  expect(await report('float')).toMatchObject({ now: [], days: [] });
  expect(await report('summary')).toMatchObject({ from: '2026-10-23', to: '2026-11-21', days: [] });
});

test('what is paid, fails, waits and goes out is counted on its day', async () => {
  await pay('1234');
  await pay('1234', { items: [{ sku: 'coffee', quantity: 2 }] }, 40_000);
  await pay('0000');
  const open = await push(world);
  await confirm(world, noticeBody({ ...tellsNow(world), TransAmount: '13.00', BillRefNumber: 'SHAMBA' }));
  await world.clock.advance(30_000);

  expect((await report('success-rate')).days).toEqual([
    {
      ...{ on: '2026-11-21', promptsMade: 4, promptsAccepted: 4, promptsPaid: 2, ofAcceptedPercent: 50 },
      ...{ paymentsCreated: 4, paymentsPaid: 2, paymentsReversed: 0, paymentsOpen: 1, ofCreatedPercent: 50 },
    },
  ]);
  expect((await report('failures')).days).toMatchObject([
    { on: '2026-11-21', prompts: 4, failed: 1, reasons: [{ reason: 'wrong_pin', codes: ['2001'], prompts: 1, ofPromptsPercent: 25 }] },
  ]);
  expect(await report('pending')).toMatchObject({
    pending: 1,
    amount: 1250,
    oldest: { paymentId: open.paymentId, waitsSeconds: 30, openPrompts: 1 },
  });
  expect(await report('recent?limit=1')).toMatchObject({ payments: [{ paymentId: open.paymentId, status: 'pending' }] });
  const { total } = await report('time-to-pay');
  expect(total.payments).toBe(2);
  expect(total.medianSeconds).toBeGreaterThan(9);
  expect(total.medianSeconds).toBeLessThan(20);
  expect(total.p95Seconds).toBeGreaterThan(38);
  const { total: earned } = await report('revenue');
  expect(Number(earned.sales) + Number(earned.vat)).toBe(3 * 1250);
  expect(earned.total).toBe(earned.sales);
  expect((await report('summary')).days).toMatchObject([
    {
      ...{ on: '2026-11-21', received: 3763, movements: 3, unproved: 1, paymentsCreated: 4, paymentsPaid: 2, paidAmount: 3750 },
      ...{ promptsFailed: 1, revenue: earned.total, payouts: 0 },
    },
  ]);
  expect((await csv('failures?format=csv')).split('\n')[1]).toMatch(/^2026-11-21,wrong_pin,2001,1,1250,25,/);
  expect(await csv('pending?format=csv')).toContain(open.paymentId);
  expect((await csv('revenue?format=csv')).split('\n')[0]).toBe(
    'on,sales,counterSales,donations,bookingFees,loanInterest,loanFees,loanPenalties,rounding,givenBack,total,vat',
  );
});

test('a success that comes days later changes the day on which it was asked for, and is booked on its own', async () => {
  const failed = await pay('0000');
  if (!failed.prompt) throw new Error('Not prompted.');
  const { path } = await latestAttempt(world, failed.paymentId);
  await world.pass(30);
  const before = await report('success-rate?from=2026-11-21&to=2026-11-21');
  await world.clock.advance(2 * 24 * 3_600_000);
  await world.pass(30);
  const revenueBefore = await report('revenue?from=2026-11-21&to=2026-11-21');
  const body = callbackBody(failed.prompt, { receipt: 'UKN0000009' });
  expect((await world.send('POST', path, { body })).status).toBe(200);
  const after = await report('success-rate?from=2026-11-21&to=2026-11-21');
  expect(Number(after.total.paymentsPaid)).toBe(Number(before.total.paymentsPaid) + 1);
  expect(await report('revenue?from=2026-11-21&to=2026-11-21')).toEqual(revenueBefore);
  expect((await report('revenue?from=2026-11-23&to=2026-11-23')).total).toMatchObject({ total: expect.any(Number) });
  expect((await report('revenue?from=2026-11-23&to=2026-11-23')).days).toHaveLength(1);
});

test('through real messages too the counts are what the rows say', async () => {
  await payBill(world, { account: 'SHAMBA', amountShillings: 310 });
  await world.pass(12);
  await countAll(world);
  const counted = await world.database.sql(
    `select day::text, figure, k.key, (k.value ->> 0)::int as many, (k.value ->> 1)::text as cents from day_counts cross join jsonb_each(counts) k
     union all select day::text, 'booked', concat_ws('|', kind, debit, credit), transfers, amount_cents::text from ledger_days order by 1, 2, 3`,
  );
  expect(counted).toEqual(await truth(world.database));
});

test('the float is what is proved, less what is promised, and lasts as long as the last four weeks say', async () => {
  const { now } = (await report('float')) as unknown as { now: Record<string, unknown>[] };
  expect(now).toMatchObject([{ shortcode: '174379', promised: 0, told: 13, forecast: { ofDays: 2, lastsDays: null } }]);
  expect(Number(now[0]?.float)).toBeGreaterThan(0);
  await world.clock.advance(24 * 3_600_000);
  await world.database.sql(
    `insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
     values (new_id_1(), 'sweep', 'all-but-ten', 1, 'bank', 'paybill_float:174379', $1, $2)`,
    [(Number(now[0]?.float) - 1000) * 100, new Date(world.clock.now().getTime() - 24 * 3_600_000).toISOString()],
  );
  const { now: later } = (await report('float')) as unknown as { now: Record<string, unknown>[] };
  // what came in on these three days is what it had; all but 1,000 of it went out again, so it does not shrink
  expect(later).toMatchObject([{ available: 1000, forecast: { ofDays: 3, lastsDays: null } }]);
  await world.database.sql(
    `insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
     values (new_id_1(), 'top_up', 'capital', 1, 'paybill_float:174379', 'bank', 500000, $1), (new_id_1(), 'sweep', 'more', 1, 'bank', 'paybill_float:174379', 310000, $2)`,
    [world.clock.now().toISOString(), new Date(world.clock.now().getTime() - 24 * 3_600_000).toISOString()],
  );
  const { now: last } = (await report('float')) as unknown as { now: Record<string, unknown>[] };
  expect(last).toMatchObject([{ available: 2900, forecast: { ofDays: 3, netPerDay: -700, lastsDays: 4, lastsUntil: '2026-11-28' } }]);
});

test('messages that went out are counted with their parts, and stay counted when they are deleted', async () => {
  const before = await report('messages');
  await signIn(world);
  await push(world, { email: 'mteja@example.com' }).then(async ({ prompt }) => {
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  });
  await world.clock.advance(10_000);
  await world.settled();
  await world.pass(2);
  const after = await report('messages');
  const of = ({ total }: Answer, kind: string) => (total.kinds as { kind: string }[]).find((row) => row.kind === kind);
  expect(of(before, 'sign_in_code')).toBeUndefined();
  expect(of(after, 'sign_in_code')).toEqual({ channel: 'sms', kind: 'sign_in_code', messages: 1, parts: 1, cost: 0.9 });
  expect(of(after, 'invoice')).toEqual({ channel: 'email', kind: 'invoice', messages: 1, parts: 1, cost: 0.05 });
  expect(after.prices).toEqual({ smsPart: 0.9, email: 0.05 });
  await world.database.sql('delete from outbox where sent_at is not null');
  expect((await report('messages')).total).toEqual(after.total);
  expect(await csv('messages?format=csv')).toContain('email,invoice,1,1,0.05');
});

test('what is asked is bounded, days are Nairobi’s, and a wrong question says what to change', async () => {
  for (const name of ['summary', 'recent', 'revenue', 'success-rate', 'time-to-pay', 'failures', 'float', 'messages', 'evidence']) {
    const status = async (query: string) => (await world.send('GET', `/api/reports/${name}?${query}`, { headers: key })).status;
    expect([name, await status('from=2026-11-22&to=2026-11-21')]).toEqual([name, 400]);
    expect([name, await status('from=2025-10-17&to=2026-11-21')]).toEqual([name, 400]); // 401 days
    expect([name, await status('from=2025-10-18&to=2026-11-21')]).toEqual([name, 200]);
    expect([name, await status('from=yesterday')]).toEqual([name, 400]);
    expect([name, await status('days=3')]).toEqual([name, 400]);
  }
});

test('a percentile from buckets is within 2.5 % of the exact one', () => {
  const times = Array.from({ length: 5_000 }, (_, n) => 3 + ((n * 7919) % 5_000) ** 1.4 / 400);
  const buckets = Map.groupBy(times, (time) => Math.round(Math.log(time) / Math.log(1.05)));
  const counts = [...buckets].map(([bucket, of]) => ({ day: '', figure: 'seconds', key: `${bucket}`, many: of.length, cents: 0n }));
  const sorted = times.toSorted((a, b) => a - b);
  for (const share of [0.01, 0.25, 0.5, 0.95, 0.99, 1]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    expect(Math.abs((secondsAt(counts, share) ?? 0) / exact - 1)).toBeLessThan(0.025 + 0.05 / exact);
  }
});
