import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, noticeBody, owe, tellsNow } from '../paybill/paybill.ts';
import { push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';

type Page = {
  payments: { paymentId: string; status: string; externalReference: string | null; mpesaReceiptNumber: string | null }[];
  nextCursor: string | null;
};

let world: World;
let headers: { authorization: string };
const ids: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  headers = await operator(world, 'payments:read');
  for (let n = 0; n < 7; n++) {
    const { paymentId, prompt } = await push(world, {
      externalReference: `order-${n}`,
      metadata: { table: n, note: '=1+1' },
      ...(n === 3 && { phoneNumber: '0722000333' }),
    });
    if (n % 2 === 0 && prompt) await world.simulator.control.answer(prompt.checkoutRequestId, { pin: '1234' });
    ids.push(paymentId);
    await world.clock.advance(1000);
  }
  await world.pass(1);
});
afterAll(() => world.stop());

const list = async (query: string): Promise<Page> =>
  (await world.send('GET', `/api/payments?${query}`, { headers })).json() as Promise<Page>;

test('the pages of the history hold every payment once, newest first', async () => {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await list(`limit=3${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.payments.map(({ paymentId }) => paymentId));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual([...ids].reverse());
});

test('filters narrow it: status, phone in any spelling, receipt, externalReference, days in Nairobi', async () => {
  expect((await list('status=paid')).payments).toHaveLength(4);
  expect((await list('phoneNumber=%2B254722000333')).payments.map(({ paymentId }) => paymentId)).toEqual([ids[3]]);
  expect((await list('externalReference=order-5')).payments.map(({ paymentId }) => paymentId)).toEqual([ids[5]]);
  const receipt = (await list('externalReference=order-4')).payments[0]?.mpesaReceiptNumber ?? '';
  expect((await list(`receipt=${receipt.toLowerCase()}`)).payments.map(({ paymentId }) => paymentId)).toEqual([ids[4]]);
  const [attempt] = await world.database.sql<{ id: string }>('select id from attempts where payment_id = $1', [ids[4]]);
  expect((await list(`attemptId=${attempt?.id}`)).payments.map(({ paymentId }) => paymentId)).toEqual([ids[4]]);
  expect((await list('from=2026-11-21&to=2026-11-21')).payments).toHaveLength(7);
  expect((await list('from=2026-11-22')).payments).toHaveLength(0);
  expect((await list('to=2026-11-20')).payments).toHaveLength(0);
});

test('an e-mail is found however it is spelled', async () => {
  const { paymentId } = await push(world, { email: 'Wanjiru.Kamau@Example.com' });
  for (const spelled of ['wanjiru.kamau@example.com', 'WANJIRU.KAMAU@EXAMPLE.COM'])
    expect((await list(`email=${spelled}`)).payments.map((payment) => payment.paymentId)).toEqual([paymentId]);
  await world.database.sql('update payments set email_hash = null where id = $1', [paymentId]);
  expect((await list('email=wanjiru.kamau@example.com')).payments).toEqual([]);
});

test('what ended rarely is found by its status, and no more when it has another one', async () => {
  const of = async (status: string) => (await list(`status=${status}`)).payments.map(({ paymentId }) => paymentId);
  for (const status of ['expired', 'reversed', 'refunded']) {
    await world.database.sql('update payments set state = $2 where id = $1', [ids[1], status]);
    expect(await of(status)).toEqual([ids[1]]);
  }
  await world.database.sql("update payments set state = 'paid' where id = $1", [ids[1]]);
  for (const status of ['expired', 'reversed', 'refunded']) expect(await of(status)).toEqual([]);
  await world.database.sql("update payments set state = 'pending' where id = $1", [ids[1]]);
});

test('the CSV has the same rows, and no cell that a spreadsheet would run', async () => {
  const response = await world.send('GET', '/api/payments?format=csv&status=paid', { headers });
  expect(response.headers.get('content-type')).toContain('text/csv');
  const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
  expect(rows.map((row) => row.externalReference)).toEqual(['order-6', 'order-4', 'order-2', 'order-0']);
  for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
});

test('a page of the CSV says where the next one begins, and the last one nothing', async () => {
  const pageAt = (query: string) => world.send('GET', `/api/payments?format=csv&limit=1${query}`, { headers });
  const first = await pageAt('');
  const cursor = first.headers.get('x-next-cursor');
  expect(cursor).toBe((await list('limit=1')).nextCursor);
  expect(parse(await (await pageAt(`&cursor=${encodeURIComponent(String(cursor))}`)).text())).toHaveLength(2);
  expect((await world.send('GET', '/api/payments?format=csv&limit=500', { headers })).headers.get('x-next-cursor')).toBeNull();
});

test('money that a notice alone has told of is not called proved, in JSON and CSV, until Safaricom has said so', async () => {
  const { paymentId, reference } = await owe(world);
  await confirm(world, noticeBody({ ...tellsNow(world), BillRefNumber: reference }));
  await world.settled();
  const csv = async () => {
    const response = await world.send('GET', '/api/payments?format=csv', { headers });
    const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
    return rows.map((row) => [row.paymentId, row.status, row.proved]);
  };
  expect((await list('limit=1')).payments[0]).toMatchObject({
    ...{ paymentId, status: 'paid', proved: false },
    customerMessage: expect.stringContaining('We are still confirming it with M-PESA'),
  });
  expect(await csv()).toContainEqual([paymentId, 'paid', 'false']);
  expect(await csv()).toContainEqual([ids[0], 'paid', 'true']);
  expect((await csv()).find(([id]) => id === ids[1])?.[2]).toBe('');
});

test.each(['limit=0', 'limit=501', 'status=happy', 'cursor=abc', 'from=yesterday', 'colour=red', 'phoneNumber=12'])(
  '%s is refused with what to change',
  async (query) => {
    const response = await world.send('GET', `/api/payments?${query}`, { headers });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'invalid_input']);
  },
);

test('nobody reads it without a key, with another scope, or with a revoked key', async () => {
  const other = await operator(world, 'items:write');
  const revoked = await operator(world, 'payments:read');
  await world.database.sql('update api_keys set revoked_at = now() where id = $1', [revoked.authorization.slice(11, 43)]);
  const statuses = await Promise.all(
    [{}, other, revoked, { authorization: 'Bearer nonsense' }].map(
      async (with_) => (await world.send('GET', '/api/payments', { headers: with_ })).status,
    ),
  );
  expect(statuses).toEqual([401, 403, 401, 401]);
});
