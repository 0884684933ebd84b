import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { numberInvoices } from '#shop/invoices/number-invoices.ts';
import { push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ simulator: { delays: { callbackMs: 0 } } });
});
afterAll(() => world.stop());
beforeEach(() => world.inbox.clear());

let customers = 0;
async function buy(extra: Record<string, unknown> = {}): Promise<string> {
  const { paymentId, prompt } = await push(world, { email: `customer${customers++}@example.com`, ...extra });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(1000);
  await world.settled();
  return paymentId;
}
const lettersOf = (paymentId: string) =>
  world.database.sql<{ tries: number; sent: boolean; dead: boolean; last_error: string | null }>(
    "select tries, sent_at is not null as sent, dead_at is not null as dead, last_error from outbox where message ->> 'invoiceId' = $1",
    [paymentId],
  );

test('a mail that fails is tried again with back-off, and sent once', async () => {
  const paymentId = await buy();
  world.inbox.failNext(2, 500);
  await world.pass(1);
  expect(await lettersOf(paymentId)).toEqual([
    { tries: 1, sent: false, dead: false, last_error: 'SendGrid did not take the mail: HTTP 500' },
  ]);
  await world.pass(8);
  expect(await lettersOf(paymentId)).toEqual([{ tries: 3, sent: true, dead: false, last_error: null }]);
  expect(world.inbox.messages()).toHaveLength(1);
});

test('after eight tries it is a dead letter and a task for a person, and the others were not kept waiting', async () => {
  const paymentId = await buy();
  world.inbox.failNext(8, 500);
  for (let tries = 0; tries < 8; tries++) {
    await world.clock.advance(90 * 60_000); // longer than the longest back-off
    await world.pass(1);
  }
  expect(await lettersOf(paymentId)).toEqual([expect.objectContaining({ tries: 8, sent: false, dead: true })]);
  expect(await world.database.sql("select count(*)::int as n from reviews where kind = 'dead_letter' and closed_at is null")).toEqual([
    { n: 1 },
  ]);
  const other = await buy();
  await world.pass(1);
  expect(await lettersOf(other)).toEqual([expect.objectContaining({ sent: true })]);
});

test('jobs that overlap send each mail once', async () => {
  await Promise.all(Array.from({ length: 6 }, () => buy()));
  await world.clock.advance(60_000);
  await Promise.all(Array.from({ length: 4 }, () => strike('scheduled-minute')));
  expect(world.inbox.messages()).toHaveLength(6);
  expect(new Set(world.inbox.messages().map(({ subject }) => subject)).size).toBe(6);
});

test('a run that was cut off between claiming and sending is made up for after its lease', async () => {
  const paymentId = await buy();
  await world.database.sql("update outbox set tries = 1, due_at = $2 where message ->> 'invoiceId' = $1", [
    paymentId,
    new Date(world.clock.now().getTime() + 120_000),
  ]);
  await world.pass(1);
  expect(world.inbox.messages()).toHaveLength(0);
  await world.pass(2);
  expect(world.inbox.messages()).toHaveLength(1);
});

test('invoice numbers have no gap, whoever gives them at the same time; receipts have a series of their own, and each year begins at one', async () => {
  await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      buy({ email: undefined, items: n % 4 === 0 ? [{ sku: 'gift', amount: 100 }] : [{ sku: 'maize' }] }),
    ),
  );
  await Promise.all(Array.from({ length: 6 }, () => numberInvoices(world.app.db, world.clock.now())));
  const gaps = () =>
    world.database.sql('select kind, year, count(*)::int as n, max(sequence)::int as last from invoices group by 1, 2 order by 2, 1');
  for (const { n, last } of await gaps()) expect(last).toBe(n);
  await world.clock.advance(60 * 24 * 3_600_000);
  const paymentId = await buy();
  await world.pass(1);
  expect(await world.database.sql('select year, sequence from invoices where id = $1', [paymentId])).toEqual([{ year: 2027, sequence: 1 }]);
});

test('an operator sends an invoice once more; nobody else does', async () => {
  const paymentId = await buy();
  await world.pass(1);
  const headers = await operator(world, 'invoices:send');
  expect((await world.send('POST', `/api/invoices/${paymentId}/send`, { body: {} })).status).toBe(401);
  expect((await world.send('POST', `/api/invoices/${paymentId}/send`, { body: {}, headers })).status).toBe(202);
  await world.pass(1);
  expect(world.inbox.messages()).toHaveLength(2);
  expect(new Set(world.inbox.messages().map(({ subject }) => subject)).size).toBe(1);
  const withoutMail = await buy({ email: undefined });
  const refused = await world.send('POST', `/api/invoices/${withoutMail}/send`, { body: {}, headers });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([422, 'no_email']);
});

test('a customer opens their PDF before any job ran; nobody opens one that is not there', async () => {
  const paymentId = await buy();
  const pdf = await world.send('GET', `/api/invoices/${paymentId}.pdf`);
  expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  expect(
    Buffer.from(await pdf.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
  expect((await world.send('GET', '/api/invoices/01a1fe24-9cf9-70e6-baaf-5e3db6fe5035.pdf')).status).toBe(404);
});

test('a deposit that cannot be allocated is tried three times, then a task; money stays in clearing, and later ones are not kept waiting', async () => {
  const { paymentId, prompt } = await push(world);
  await world.database.sql("update payments set purpose = 'unheard_of' where id = $1", [paymentId]);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(12);
  expect(
    await world.database.sql('select allocation_tries as tries, allocated_at from deposits where payment_id = $1', [paymentId]),
  ).toEqual([{ tries: 3, allocated_at: null }]);
  expect(
    await world.database.sql(
      "select count(*)::int as n from reviews r join deposits d on d.id::text = r.subject where kind = 'allocation_failed' and payment_id = $1",
      [paymentId],
    ),
  ).toEqual([{ n: 1 }]);
  await world.database.sql("update payments set purpose = 'order' where id = $1", [paymentId]);
  await world.database.sql('update deposits set allocation_due_at = $2, allocation_tries = 0 where payment_id = $1', [
    paymentId,
    world.clock.now(),
  ]);
  await world.pass(1);
  expect(await world.database.sql('select count(*)::int as n from deposits where allocated_at is null')).toEqual([{ n: 0 }]);
});

test('health tells how much waits, to whoever may read tasks', async () => {
  expect(await (await world.send('GET', '/api/health', { headers: await operator(world, 'tasks:read') })).json()).toMatchObject({
    status: 'ok',
    migrations: expect.any(Number),
    waiting: 0,
    proof: 'by status, statement',
  });
});
