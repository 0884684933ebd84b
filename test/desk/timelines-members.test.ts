import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { push } from '../world/checkout.ts';
import { type MadeLoan, type MadeMember, makeLoan, makeMember } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { putRow } from '../world/put-row.ts';
import { startWorld, type World } from '../world/world.ts';
import { kindsOf, timelineOf } from './timelines.ts';

const NOBODY = '01930000-0000-7000-8000-000000000009';

let world: World;
let treasurer: Signed;
let [member, other]: MadeMember[] = [];
let loan: MadeLoan;

beforeAll(async () => {
  world = await startWorld();
  await register(world);
  treasurer = await signInAs(world, 'treasurer');
  member = await makeMember(world, { name: 'Achieng Otieno', email: 'achieng@example.com' });
  other = await makeMember(world);
  loan = await makeLoan(world, { member });
  await confirm(world, noticeBody({ BillRefNumber: loan.reference, TransAmount: '800', ...tellsNow(world) }));
  await confirm(world, noticeBody({ BillRefNumber: member.savingsReference, TransAmount: '70', ...tellsNow(world) }));
  await world.pass(2);
  const [repayment] = await world.database.sql<{ id: string }>('select id from repayments');
  await world.clock.advance(60_000);
  const reversed = await world.send('POST', `/api/repayments/${repayment?.id}/reverse`, {
    ...{ headers: treasurer.headers, body: { reason: 'It was for another loan' } },
  });
  expect(reversed.status).toBe(200);
  await world.send('GET', `/api/members/${member.id}`, { headers: treasurer.headers });
  await world.pass(2);
  await putRow(world.database, 'penalties', {
    loan_id: loan.id,
    number: 1,
    period: 1,
    amount_cents: 4_000,
    recorded_at: world.clock.now(),
    charged_on: '2026-11-21',
  });
});
afterAll(() => world.stop());

test('a loan has its repayments, penalties and messages, and who reversed one', async () => {
  const timeline = await timelineOf(world, `loans/${loan.id}`, treasurer);
  const entry = (kind: string) => timeline.entries.find((each) => each.kind === kind);
  expect(entry('repayment_booked')).toMatchObject({
    ...{ says: 'A repayment: KES 500 paid the loan, and KES 300 went to the savings.', amount: 500 },
    links: expect.arrayContaining([`/api/loans/${loan.id}/timeline`]),
  });
  expect(entry('repayment_reversed')).toMatchObject({ name: 'A treasurer' });
  expect(entry('penalty_charged')).toMatchObject({ says: 'A penalty of KES 40 on instalment 1, as of 2026-11-21.', amount: 40 });
  expect(timeline.entries.map(({ says }) => says)).toContain('An SMS (repayment booked) was sent.');
  expect(kindsOf(timeline).filter((kind) => kind === 'repayment_reversed')).toHaveLength(1);
});

test('a member has savings, repayments and who read their details, without their name, phone or address', async () => {
  const timeline = await timelineOf(world, `members/${member?.id}`, treasurer);
  expect(kindsOf(timeline)).toEqual(
    expect.arrayContaining(['savings_moved', 'repayment_booked', 'message_sent', 'member_read', 'repayment_reversed']),
  );
  const said = JSON.stringify(timeline);
  for (const secret of ['Achieng', member?.phone.slice(3) ?? '', 'achieng@', 'another loan']) expect(said).not.toContain(secret);
});

test('members see their own, by `me` and by its id, and nothing that staff did or wrote', async () => {
  for (const id of ['me', member?.id]) {
    const timeline = await timelineOf(world, `members/${id}`, member);
    expect(timeline.status).toBe(200);
    expect(kindsOf(timeline)).toEqual(expect.arrayContaining(['savings_moved', 'repayment_booked', 'repayment_reversed']));
    for (const kind of ['member_read', 'task_opened', 'safaricom_said', 'message_sent']) expect(kindsOf(timeline)).not.toContain(kind);
    expect(JSON.stringify(timeline)).not.toMatch(/treasurer|person:/);
  }
  const own = await timelineOf(world, `loans/${loan.id}`, member);
  expect(kindsOf(own)).toContain('penalty_charged');
  expect(JSON.stringify(own)).not.toMatch(/treasurer|person:/);
});

test("nobody sees somebody else's, nor learns whether there is one", async () => {
  for (const path of [`members/${member?.id}`, `members/${NOBODY}`])
    expect(await timelineOf(world, path, other)).toMatchObject({ status: 404, code: 'member_not_found' });
  for (const path of [`loans/${loan.id}`, `loans/${NOBODY}`])
    expect(await timelineOf(world, path, other)).toMatchObject({ status: 404, code: 'loan_not_found' });
  expect(await timelineOf(world, 'members/me', treasurer)).toMatchObject({ status: 404, code: 'member_not_found' });
  expect((await timelineOf(world, `members/${member?.id}`, { headers: await operator(world, 'loans:read') })).status).toBe(403);
});

test('a key that may not read payments finds no payment and no invoice through loans and members', async () => {
  const { phone } = member as MadeMember;
  const { paymentId } = await push(world, { phoneNumber: phone });
  const seen = async (...scopes: Parameters<typeof operator>[1][]) =>
    JSON.stringify(await timelineOf(world, `members/${member?.id}`, { headers: await operator(world, 'members:read', ...scopes) }));
  expect(await seen('payments:read')).toContain(paymentId);
  expect(await seen()).not.toContain(paymentId);
  expect(await seen()).not.toMatch(/attemptId|invoiceId|api.payments|api.invoices/);
});

test('a member of ten years is read in pages, without loss or repeat', async () => {
  await world.database.sql(
    `insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
      select new_id_1(), 'savings_deposit', 'test:' || n, 1, 'bank', 'savings:' || $1::text, 100, timestamptz '2016-01-01' + n * interval '1 day' from generate_series(1, 3650) n`,
    [member?.accountId],
  );
  const seen = new Set<string>();
  let pages = 0;
  for (let next: string | null = ''; next !== null; pages++) {
    const page = await timelineOf(world, `members/${member?.id}`, treasurer, `limit=500${next && `&cursor=${next}`}`);
    expect(page.status).toBe(200);
    for (const { at, kind, amount, ids } of page.entries) seen.add(JSON.stringify([at, kind, amount, ids]));
    next = page.nextCursor;
  }
  expect(pages).toBe(8);
  expect([...seen].filter((each) => each.includes('savings_moved')).length).toBeGreaterThanOrEqual(3650);
});
