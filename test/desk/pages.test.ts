import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { noteFailure } from '#ground/failures/note-failure.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { confirm, noticeBody, tellsNow } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { type MadeLoan, type MadeMember, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { putRow } from '../world/put-row.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let treasurer: Signed;
let member: MadeMember;
let loan: MadeLoan;
let statementId: string;

/** More than two pages of two of everything that is listed. */
const MANY = 5;

beforeAll(async () => {
  world = await startWorld();
  treasurer = await signInAs(world, 'treasurer');
  const now = world.clock.now();
  const product = await makeProduct(world);
  for (let n = 0; n < MANY; n++) {
    member = await makeMember(world);
    loan = await makeLoan(world, { product, member });
    await push(world, { phoneNumber: newPhone() });
    await confirm(world, noticeBody({ BillRefNumber: 'NOBODY KNOWS', TransAmount: '70', ...tellsNow(world) }));
    await world.send('POST', '/api/payouts', {
      ...{ headers: treasurer.headers, body: { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' } },
    });
    await openTask(world.app.db, { kind: 'job_failed', subject: `step ${n}`, openedAt: now });
    await world.database.sql(
      `insert into outbox (id, dedupe_key, message, due_at, dead_at, last_error) values ($1::uuid, $1::uuid::text, '{"kind": "alert"}', $2, $2, 'refused')`,
      [newId(), now],
    );
  }
  for (let n = 0; n < MANY; n++)
    await confirm(world, noticeBody({ BillRefNumber: member.savingsReference, TransAmount: '10', ...tellsNow(world) }));
  await world.pass(1);
  for (let n = 1; n <= MANY; n++) {
    const id = await putRow(world.database, 'statements', { state: 'discarded', uploaded_at: now });
    await putRow(world.database, 'float_entries', { kind: 'charge', state: 'asked', asked_at: now, occurred_on: '2026-11-20' });
    const inquiry = await putRow(world.database, 'inquiries', {
      ...{ kind: 'account-balance', state: 'answered', says: 'done', shortcode: '600000' },
      ...{ asked_at: now, answered_at: now, ledger_cents: 0 },
    });
    await putRow(world.database, 'float_balances', { inquiry_id: inquiry, account: 'Utility Account', currency: 'KES', told_at: now });
    await putRow(world.database, 'waivers', { loan_id: loan.id, reason: encrypt('Rain', 'reason'), state: 'requested', requested_at: now });
    statementId ??= id;
    await putRow(world.database, 'statement_lines', { statement_id: statementId, n, receipt: `R${n}`, direction: 'in', completed_at: now });
    await putRow(world.database, 'statement_absences', { statement_id: statementId, movement_id: newId(), direction: 'in', moved_at: now });
  }
});
afterAll(() => world.stop());

/** Each list with its pages: where it is, under which name it has its entries, and which two names its cursor has. */
const LISTS: [what: string, path: () => string, entries: string, cursor: [asked: string, answered: string]][] = [
  ['payments', () => '/api/payments?', 'payments', ['cursor', 'nextCursor']],
  ['payouts', () => '/api/payouts?', 'payouts', ['before', 'nextBefore']],
  ['deposits', () => '/api/deposits?state=suspense', 'deposits', ['before', 'nextBefore']],
  ['loans', () => '/api/loans?', 'loans', ['cursor', 'nextCursor']],
  ['members', () => '/api/members?', 'members', ['before', 'nextBefore']],
  ['waivers', () => '/api/waivers?', 'waivers', ['before', 'nextBefore']],
  ['tasks', () => '/api/tasks?kind=job_failed', 'tasks', ['cursor', 'nextCursor']],
  ['dead letters', () => '/api/dead-letters?', 'letters', ['cursor', 'nextCursor']],
  ['statements of M-PESA', () => '/api/statements?', 'statements', ['before', 'nextBefore']],
  ['lines of one', () => `/api/statements/${statementId}?`, 'lines', ['after', 'nextAfter']],
  ['what one misses', () => `/api/statements/${statementId}?finding=missing_there`, 'movements', ['after', 'nextAfter']],
  ['float entries', () => '/api/float-entries?', 'entries', ['before', 'nextBefore']],
  ['balances', () => '/api/account-balance?', 'history', ['before', 'nextBefore']],
  ['movements of an account', () => `/api/accounts/${member.accountId}/statement?`, 'movements', ['cursor', 'nextCursor']],
];

type Answer = Record<string, unknown> & { detail?: string };

const get = async (path: string): Promise<{ status: number; body: Answer }> => {
  const response = await world.send('GET', path, { headers: treasurer.headers });
  return { status: response.status, body: (await response.json()) as Answer };
};

describe.each(LISTS)('%s', (_what, path, entries, [asked, answered]) => {
  const page = async (query: string) => {
    const { status, body } = await get(`${path()}&${query}`);
    expect([status, body.detail]).toEqual([200, undefined]);
    return { ...body, found: body[entries] } as Answer & { found: object[] };
  };

  test('have the same entries in numbered pages as after a cursor, and say how many there are', async () => {
    const byCursor: object[][] = [];
    for (let next: unknown = ''; next !== null; ) {
      const each: Answer & { found: object[] } = await page(`limit=2${next && `&${asked}=${next}`}`);
      byCursor.push(each.found);
      next = each[answered];
      expect(each).not.toHaveProperty('total');
    }
    expect(byCursor.map((each) => each.length)).toEqual([2, 2, 1]);
    for (const [at, each] of byCursor.entries()) {
      const numbered = await page(`limit=2&page=${at + 1}`);
      expect(numbered.found).toEqual(each);
      expect(numbered).toMatchObject({ total: MANY, pages: 3, page: at + 1, limit: 2 });
    }
    expect(await page('limit=2&page=4')).toMatchObject({ found: [], [answered]: null, total: MANY, pages: 3 });
  });

  test('are counted beside a cursor', async () => {
    const first = await page('limit=2&count=true');
    expect(first).toMatchObject({ total: MANY, pages: 3 });
    expect(first).not.toHaveProperty('page');
    expect(await page(`limit=2&count=true&${asked}=${first[answered]}`)).toMatchObject({ total: MANY, pages: 3 });
    expect(await page('limit=2&count=false')).not.toHaveProperty('total');
  });

  test('refuse a page that goes too far, that is none, and that comes with a cursor, in words', async () => {
    const cursor = (await page('limit=2'))[answered];
    const refused = async (query: string) => {
      const { status, body } = await get(`${path()}&${query}`);
      return [status, body.code, body.detail];
    };
    expect(await refused('limit=2&page=5001')).toEqual([400, 'invalid_input', expect.stringContaining('page 5000 of 2')]);
    expect((await get(`${path()}&limit=2&page=5000`)).status).toBe(200);
    expect(await refused(`limit=2&page=2&${asked}=${cursor}`)).toEqual([
      400,
      'invalid_input',
      expect.stringContaining(`page or ${asked}, not both`),
    ]);
    for (const wrong of ['0', '-1', '1.5', 'two'])
      expect(await refused(`page=${wrong}`)).toEqual([400, 'invalid_input', expect.any(String)]);
    expect(await refused('count=perhaps')).toEqual([400, 'invalid_input', expect.any(String)]);
  });
});

test('a page of a statement begins with the balance that the page before ended with, and one after the last with the closing balance', async () => {
  const read = async (page: number) =>
    (await get(`/api/accounts/${member.accountId}/statement?limit=2&page=${page}`)).body as Record<string, number>;
  const [first, second, third, fourth] = await Promise.all([1, 2, 3, 4].map(read));
  expect(first).toMatchObject({ openingBalance: 0, closingBalance: 20 });
  expect(second).toMatchObject({ openingBalance: 20, closingBalance: 40 });
  expect(third).toMatchObject({ openingBalance: 40, closingBalance: 50 });
  expect(fourth).toMatchObject({ openingBalance: 50, closingBalance: 50 });
});

test('CSV has numbered pages too', async () => {
  const response = await world.send('GET', '/api/payments?format=csv&limit=2&page=3', { headers: treasurer.headers });
  expect((await response.text()).trim().split('\n')).toHaveLength(2);
});

test('a total ends where numbered pages end, and says that there is more', async () => {
  await world.database.sql(
    `insert into reviews (id, kind, subject, opened_at) select new_id_1(), 'job_failed', 'many ' || n, now() from generate_series(1, 10001) n`,
  );
  expect((await get('/api/tasks?count=true&limit=100')).body).toMatchObject({ total: 10_000, pages: 100, totalIsMore: true });
  await world.database.sql(`delete from reviews where subject like 'many %' and subject > 'many 2'`);
  expect((await get('/api/tasks?count=true')).body).not.toHaveProperty('totalIsMore');
});

test('people, receipts, errors, the unreachable, sessions and timelines are counted and numbered too, in the order of their whole', async () => {
  const admin = await signInAs(world, 'admin');
  for (let n = 0; n < 3; n++) {
    await world.database.sql("insert into unreachable (channel, address_hash, reason, refused_at) values ('sms', $1, 'refused', now())", [
      newId(),
    ]);
    await noteFailure(world.app, { kind: 'request', what: `GET /api/x${'abc'[n]}`, error: new Error('no') });
    await putRow(world.database, 'recorded_receipts', {
      state: 'rejected',
      receipt: `UKL00000${n}`,
      amount_cents: 100,
      recorded_at: world.clock.now(),
    });
  }
  const [person] = await world.database.sql<{ id: string }>('select id from people order by id desc limit 1');
  const lists: [path: string, entries: string][] = [
    ['/api/people?', 'people'],
    ['/api/receipts?', 'receipts'],
    ['/api/errors?', 'errors'],
    ['/api/unreachable?', 'unreachable'],
    ['/api/me/sessions?', 'sessions'],
    [`/api/people/${person?.id}/sessions?`, 'sessions'],
    [`/api/members/${member.id}/timeline?`, 'entries'],
  ];
  for (const [path, entries] of lists) {
    const ask = async (query: string) => {
      const response = await world.send('GET', `${path}${query}`, { headers: admin.headers });
      expect([path, query, response.status]).toEqual([path, query, 200]);
      return (await response.json()) as Answer & Record<string, unknown[]>;
    };
    const whole = (await ask(''))[entries] ?? [];
    expect(whole.length).toBeGreaterThan(0);
    expect(await ask('')).not.toHaveProperty('total');
    expect(await ask('count=true')).toMatchObject({ total: whole.length });
    const numbered = [...((await ask('limit=1&page=1'))[entries] ?? []), ...((await ask('limit=1&page=2'))[entries] ?? [])];
    expect([path, numbered]).toEqual([path, whole.slice(0, 2)]);
    expect(await ask('limit=1&page=1')).toMatchObject({ total: whole.length, pages: whole.length, page: 1, limit: 1 });
  }
  const both = await world.send('GET', '/api/unreachable?page=1&offset=0', { headers: admin.headers });
  expect(both.status).toBe(400);
});
