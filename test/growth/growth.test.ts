import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { runReminders } from '#sacco/loans/runs/run-reminders.ts';
import { newReceipt, noticeBody, noticePaths, owe, tellsNow } from '../paybill/paybill.ts';
import { administrator, type Receiver, startReceiver, webhooksOf } from '../webhooks/receiver.ts';
import { newPhone, push } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { type MadeLoan, makeLoan, makeProduct } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signIn } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import { putRow } from '../world/put-row.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { grow } from './grow.ts';
import { type GrowingDatabase, growingDatabase, type Statement } from './growing-database.ts';

/** The history that is measured first, and the one that may cost no more: a million payments with MALIPO_TEST_SCALE=10. */
const [SMALL, LARGE] = [5_000, Math.min(1_000_000, scaled(100_000))];

/** Pages that a statement may touch more: a tree that is higher, a page that was split. */
const MORE = 10;

/** What calls a function of ours has the pages of all that runs in it; each of those is measured as well. Not what a list asks of few of its rows. */
const CALLS_A_FUNCTION = /\b(?!came_after_all_\d+|parts_given_back_\d+)\w+_\d+\(/;
const MORE_OF_A_FUNCTION = 100;

/** Each row of a page is looked up by key in up to three tables, whose trees are a level higher, and comes with parts of its own. */
const MORE_PER_ROW = 5;

/** A member's statement gathers the movements of its page into one row, and has looked up each of them: as many at least. */
const GATHERS_ROWS = /\bas movements\b/;
const GATHERED = 5;

/** What ran with much history alone, because there was something to do. */
const NEW_STATEMENT = 100;

/** What may read all of something, and why. */
const READS_ALL: [RegExp, string][] = [
  [/distinct on \(account\)/, 'the newest balance of each account: as many rows as RETAIN_INQUIRIES_DAYS keeps'],
  [/b\.told_at as at, sum\(b\.current_cents\)/, 'the balances since the last one that agreed with the books'],
];

const TEN_MINUTES_MS = 600_000;
const forever = new Date('9999-01-01');
let days = -1;
let keys = 0;
let files = 0;
const daysAgo = (n: number) => new Date(world.clock.now().getTime() - n * 86_400_000);
const nextDay = () => addDays(nairobiDay(world.clock.now()), ++days);

type Headers = { authorization: string };
let database: GrowingDatabase;
let world: World;
let key: Headers;
let people: [Headers, Headers];
let loan: MadeLoan;
let administrators: () => Promise<Record<string, string>>;
let receiver: Receiver;
let webhook: string;
let bulk: string;
const measured = new Map<string, { small: Statement[]; large: Statement[] }>();

async function pay(body: Record<string, unknown> = {}, pin = '1234', headers: Record<string, string> = key): Promise<string> {
  const { prompt, paymentId } = await push(world, body, headers);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin });
  await world.clock.advance(5_000);
  await world.settled();
  return paymentId;
}

async function payOut(): Promise<string> {
  const [asks, approves] = people;
  const asked = await world.send('POST', '/api/payouts', {
    body: { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' },
    headers: asks,
  });
  const { payoutId } = (await asked.json()) as { payoutId: string };
  const decided = await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: approves });
  expect(decided.status).toBe(200);
  await strike('scheduled-minute');
  await world.clock.advance(30_000);
  await world.settled();
  return payoutId;
}

async function payFile(): Promise<string> {
  const [asks, approves] = people;
  const file = `phone,amount,reference\n${[1, 2].map((line) => `${newPhone()},10,F${++files}-${line}`).join('\n')}\n`;
  const asked = await world.send('POST', '/api/bulk-payouts?reason=Wages', {
    body: file,
    headers: { ...asks, 'content-type': 'text/csv' },
  });
  const { bulkId, hash } = (await asked.json()) as { bulkId: string; hash: string };
  const decided = await world.send('POST', `/api/bulk-payouts/${bulkId}/decision`, { body: { hash }, headers: approves });
  expect([asked.status, decided.status]).toEqual([201, 200]);
  return bulkId;
}

const get = async (path: string, headers: Record<string, string> = key) => {
  const response = await world.send('GET', path, { headers });
  expect([path, response.status]).toEqual([path, 200]);
  return response;
};

const notice = async (changes: Record<string, unknown>) => {
  const response = await world.send('POST', noticePaths(world).confirmation, { body: noticeBody({ ...tellsNow(world), ...changes }) });
  expect(response.status).toBe(200);
};

/** What is done with little history and with much. Each is done twice: the first time compiles, opens and loads. */
const actions: Record<string, () => Promise<unknown>> = {
  'a prompt is sent, paid, told by callback, and its order is sold': () => pay(),
  'a prompt is asked for with a key, and asked for again': async () => {
    const headers = { ...key, 'idempotency-key': `a-key-of-its-own-${++keys}` };
    const body = { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] };
    const ask = () => world.send('POST', '/api/payments/stk-push', { body, headers });
    expect([(await ask()).status, (await ask()).status]).toEqual([201, 201]);
  },
  'somebody signs in': () => signIn(world),
  'a donation is paid': () => pay({ items: [{ sku: 'gift', quantity: 1, amount: 50 }] }).catch(() => pay()),
  'a prompt fails': () => pay({}, '0000'),
  'a paybill notice pays what its reference names': async () => {
    const { reference } = await owe(world);
    await notice({ BillRefNumber: reference });
  },
  'a paybill notice names nothing we know': () => notice({ BillRefNumber: 'HELLO', TransAmount: '312.00' }),
  'a paybill notice repays a loan': () => notice({ BillRefNumber: loan.reference, TransAmount: '50.00' }),
  'a till notice has no reference': () => notice({ BillRefNumber: '', TransAmount: '313.00', BusinessShortCode: '174379' }),
  'a pull proves what nobody told': async () => {
    const now = world.clock.now();
    const receipt = {
      receipt: newReceipt(now),
      amountCents: 31_400n,
      typedReference: undefined,
      times: [now],
      shortcode: '174379',
      prompts: true,
    };
    await settleReceipts({ db: world.app.db, now }, 'pull', [{ ...receipt, payer: undefined }] as never);
  },
  'a payout is asked for, approved, sent and paid': payOut,
  'the balance is asked for and told': async () => {
    await world.send('POST', '/api/account-balance', { body: {}, headers: key });
    await world.clock.advance(30_000);
    await world.settled();
  },
  'a minute passes': async () => {
    await pay();
    await world.pass(1);
  },
  'what waits is read by status': () => get('/api/payments?status=pending'),
  'payments of unknown end': () => get('/api/payments?status=unknown'),
  'payments that were given back': () => get('/api/payments?status=refunded'),
  'payments that expired': () => get('/api/payments?status=expired'),
  'payments of a rare type': () => get('/api/payments?type=donation'),
  'the newest payments': () => get('/api/payments'),
  'the payments of a phone': () => get('/api/payments?phoneNumber=0799000000'),
  'the payments of an external reference': () => get('/api/payments?externalReference=E0-4000'),
  'the payments of an external reference that there is not': () => get('/api/payments?externalReference=NONE'),
  'the payments that a key asked for': () => get('/api/payments?caller=key:rare'),
  'payouts that wait': () => get('/api/payouts?state=requested', people[0]),
  'payouts that were rejected': () => get('/api/payouts?state=rejected', people[0]),
  'the newest payouts': () => get('/api/payouts', people[0]),
  'loans that were applied for': () => get('/api/loans?state=submitted', people[0]),
  'loans that run': () => get('/api/loans?state=active', people[0]),
  'overdue loans': () => get('/api/loans?overdue=true', people[0]),
  'a loan': () => get(`/api/loans/${loan.id}`, people[0]),
  'money that nobody knows': () => get('/api/deposits?state=suspense', people[0]),
  'money that is not proved': () => get('/api/deposits?state=unconfirmed', people[0]),
  'money by a receipt that there is not': () => get('/api/deposits?receipt=UKZ0000000', people[0]),
  'the money of a payment': () => get(`/api/deposits?paymentId=${loan.id}`, people[0]),
  'tasks that are open': () => get('/api/tasks', people[0]),
  'tasks of all times, oldest first': () => get('/api/tasks?open=all&order=oldest', people[0]),
  'tasks of a kind that never opened': () => get('/api/tasks?open=all&kind=balances_differ', people[0]),
  'tasks of a person': () => get(`/api/tasks?open=all&assignee=${loan.id}`, people[0]),
  'tasks about one thing': () => get(`/api/tasks?open=all&subject=${loan.id}`, people[0]),
  'the trail': () => get('/api/audit', people[0]),
  'the trail of one thing': () => get(`/api/audit?subject=${loan.id}`, people[0]),
  'the trail of somebody who did nothing': () => get(`/api/audit?actor=key:${loan.id}`, people[0]),
  'the trail of what was never done': () => get('/api/audit?action=statement_signed', people[0]),
  'what happened to a payment': async () => get(`/api/payments/${await pay()}/timeline`, people[0]),
  'what happened to a payout': async () => get(`/api/payouts/${await payOut()}/timeline`, people[0]),
  'what happened to a loan': () => get(`/api/loans/${loan.id}/timeline`, people[0]),
  'what happened to a member': () => get(`/api/members/${loan.member.id}/timeline`, people[0]),
  'payouts by a receipt that there is not': () => get('/api/payouts?receipt=UKZ0000000', people[0]),
  'payouts of a deposit': () => get(`/api/payouts?depositId=${loan.id}`, people[0]),
  'what was given up': () => get('/api/dead-letters', people[0]),
  'a file pays two people': () => payFile(),
  'files that pay': () => get('/api/bulk-payouts', people[0]),
  'a file that paid': () => get(`/api/bulk-payouts/${bulk}`, people[0]),
  'recorded receipts': () => get('/api/receipts', people[0]),
  'what failed': () => get('/api/errors', people[0]),
  'what failed of a kind that there is not': () => get('/api/errors?kind=forged', people[0]),
  'the log of a webhook': async () => get(`/api/webhooks/${webhook}/deliveries`, await administrators()),
  'what a webhook never took': async () => get(`/api/webhooks/${webhook}/deliveries?state=given_up`, await administrators()),
  'a webhook': async () => get(`/api/webhooks/${webhook}`, await administrators()),
  'an event is sent to a webhook again': async () => {
    const [from, to] = [daysAgo(9), new Date(daysAgo(9).getTime() + TEN_MINUTES_MS)];
    const headers = await administrators();
    expect((await world.send('POST', `/api/webhooks/${webhook}/replay`, { body: { from, to }, headers })).status).toBe(202);
  },
  'what was deleted': () => get('/api/retention', people[0]),
  'the balances that Safaricom told': () => get('/api/account-balance'),
  members: () => get('/api/members', people[0]),
  waivers: () => get('/api/waivers', people[0]),
  'a member': () => get(`/api/members/${loan.member.id}`, people[0]),
  'the statement of a member': () => get(`/api/accounts/${loan.member.accountId}/statement`, people[0]),
  'the health': () => get('/api/health', people[0]),
  'notices are read again': async () => world.send('POST', '/api/paybill/retry-notices', { body: {}, headers: key }),
  'a morning reminds': () => runReminders(world.app, nextDay(), forever),
  arrears: () => get('/api/reports/arrears', people[0]),
};

/** Both histories begin with nothing that is due: what the measuring of the first left to do is done or given up. */
const rest = () =>
  database.sql(`
    update deposits set confirmation_due_at = null, allocation_due_at = null where confirmation_due_at is not null or allocation_due_at is not null;
    update attempts set query_due_at = null, live = false, state = 'failed' where state in ('requested', 'pending', 'unknown');
    update payments set state = 'failed' where state in ('pending', 'unknown');
    update reviews set closed_at = now() where closed_at is null`);

/** In which a minute runs: it looks at the prompts of the last hour and counts the payments of the newest slots anew, so it finds those of this one alone. */
const RUN_A_MINUTE = ['a payout is asked for, approved, sent and paid', 'a minute passes', 'what happened to a payout'];
const MORE_THAN_AN_HOUR_MS = 65 * 60_000;
/** Until the slots of before are counted for good. */
const MINUTES_TO_COUNT = 5;

async function beQuiet(): Promise<void> {
  await world.clock.advance(MORE_THAN_AN_HOUR_MS);
  await world.pass(MINUTES_TO_COUNT);
}

const ROUNDS = 3;

/** The pages of each statement, and what each table gave to sequential scans: what is least of some rounds, since a new session loads and compiles first. */
async function measure(which: 'small' | 'large'): Promise<void> {
  for (const [name, act] of Object.entries(actions)) {
    if (RUN_A_MINUTE.includes(name)) await beQuiet();
    await act();
    await database.take();
    const rounds: Statement[][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await act();
      rounds.push(await database.take());
    }
    const least = new Map<string, Statement>();
    for (const statement of rounds.flat()) {
      const known = least.get(statement.id);
      if (!known || statement.pages / statement.calls < known.pages / known.calls) least.set(statement.id, statement);
    }
    const at = measured.get(name) ?? { small: [], large: [] };
    at[which] = [...least.values()];
    measured.set(name, at);
  }
}

const pagesOf = ({ pages, calls }: Statement): number => Math.round(pages / calls);

beforeAll(async () => {
  database = await growingDatabase();
  world = await startWorld({
    database,
    environment: { LIMIT_PROMPTS_PER_ADDRESS_HOUR: '5000', MPESA_PULL: 'on' },
  });
  key = await operator(world, 'payments:read', 'balance:read', 'deposits:match');
  people = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  for (let n = 0; n < 3; n++) await pay({ items: [{ sku: 'coffee', quantity: 8 }] });
  await signIn(world);
  const withKey = { ...key, 'idempotency-key': 'a-key-of-its-own-000' };
  const [paid, failed, expired] = [await pay({ email: 'a@example.org' }, '1234', withKey), await pay({}, '0000'), await pay({}, '0000')];
  const payout = await payOut();
  const product = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 10_000n });
  loan = await makeLoan(world, { product, disbursedOn: addDays(nairobiDay(world.clock.now()), -10) });
  await runPenalties(world.app, nextDay(), forever);
  await world.send('POST', '/api/account-balance', { body: {}, headers: key });
  await notice({ BillRefNumber: 'NOBODY' });
  administrators = await administrator(world);
  receiver = await startReceiver();
  webhook = (await webhooksOf(world, administrators).create(receiver.url)).webhookId;
  await pay();
  bulk = await payFile();
  await putRow(database, 'recorded_receipts', {
    ...{ receipt: 'R0', shortcode: '174379', state: 'booked', recorded_by: 'person:a', decided_by: 'person:b' },
    ...{ typed_reference: null, payer_phone: null },
  });
  await putRow(database, 'failures', { kind: 'job', request_ids: [] });
  await world.pass(3);
  await database.sql("update reviews set closed_at = now(), closed_by = 'test'");
  await database.sql("update payments set state = 'expired' where id = $1", [expired]);
  await database.sql(
    "update attempts set state = 'expired', queried_at = created_at + interval '24 hours', query_due_at = null where payment_id = $1",
    [expired],
  );
  const [row] = await database.sql<{ attempt: string; deposit: string }>(
    'select a.id as attempt, d.id as deposit from attempts a join deposits d on d.attempt_id = a.id where a.payment_id = $1',
    [paid],
  );
  const ids = { paid, failed, expired, payout, loan: loan.id, now: world.clock.now().toISOString(), ...row };
  for (const [which, from, to] of [
    ['small', 0, SMALL],
    ['large', SMALL, LARGE],
  ] as const) {
    await rest();
    await grow(database, ids, from, to);
    await database.sql('update ledger_mark set upto = null'); // what was filled in did not come one by one
    await world.pass(2);
    await measure(which);
  }
}, 900_000);
afterAll(async () => {
  await world.stop();
  await receiver.stop();
});

test.each(Object.keys(actions))('%s: no statement touches more pages with much history than with little', (name) => {
  const { small = [], large = [] } = measured.get(name) ?? {};
  expect(large.length).toBeGreaterThan(0);
  const before = new Map(small.map((statement) => [statement.id, pagesOf(statement)]));
  const grown = large
    .filter(({ text }) => !READS_ALL.some(([which]) => which.test(text)))
    .filter((statement) => {
      const { text, rows, calls } = statement;
      const rowsEach = Math.max(rows / calls, GATHERS_ROWS.test(text) ? GATHERED : 0);
      const more = CALLS_A_FUNCTION.test(text) ? MORE_OF_A_FUNCTION : MORE + MORE_PER_ROW * rowsEach;
      return pagesOf(statement) > (before.get(statement.id) ?? NEW_STATEMENT) + more;
    })
    .map((statement) => ({ text: statement.text, before: before.get(statement.id), pages: pagesOf(statement), rows: statement.rows }));
  expect(grown).toEqual([]);
});

test('the recording sees what it is for: statements of requests, of transactions, of the minute, and inside functions', () => {
  const all = [...measured.values()].flatMap(({ large }) => large);
  const saw = (which: RegExp, isNested: boolean) => all.some((one) => one.isNested === isNested && which.test(one.text));
  expect(saw(/settle_stk_5/, false)).toBe(true);
  expect(saw(/insert into transfers/, true)).toBe(true);
  expect(saw(/move_checkpoints_1/, false)).toBe(true);
  expect(saw(/from loans/, false)).toBe(true);
});
