import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lender, openLender } from '../loans/open-lender.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { makeMember } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';

// Somebody paid a loan out by hand in the portal.

let lender: Lender;
beforeAll(async () => {
  lender = await openLender();
});
afterAll(() => lender.world.stop());

const DAY = 24 * 3_600_000;
const treasurer = () => signedIn(lender.world, 'treasurer');
const nairobi = () => new Date(lender.world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
type Headers = { authorization: string };
const ask = async (receipt: string, amount: number, more: object, headers?: Headers) =>
  lender.send(
    '/api/float-entries',
    { kind: 'paid_out', receipt, amount, on: nairobi(), note: 'Sent by hand', ...more },
    headers ?? (await treasurer()),
  );
const approve = async (entryId: unknown, headers?: Headers) =>
  lender.send(`/api/float-entries/${entryId}/approve`, {}, headers ?? (await treasurer()));
const reject = async (entryId: unknown) => lender.send(`/api/float-entries/${entryId}/reject`, {}, await treasurer());
const byHand = (shillings: number) => lender.world.simulator.control.payByHand({ phone: newPhone(), amountShillings: shillings }).receipt;
const signToday = async (from = nairobi()) =>
  importedAndSigned(lender.world, (await exported(lender.world, { from, to: nairobi() })).bytes);

/** A loan of 1,000 that is approved, and so much paid by hand, on a signed statement. */
async function paidByHand(shillings = 1_000) {
  Object.assign(lender.treasurer, await treasurer());
  const loan = await lender.approved(1_000);
  await lender.world.clock.advance(60_000);
  const receipt = byHand(shillings);
  await signToday();
  return { ...loan, receipt };
}
const entered = async (receipt: string, amount: number, loanId: string) => approve((await ask(receipt, amount, { loanId })).body.entryId);

test('it is a payout of the loan when a signed statement has its line: by a second person, once, and the loan begins on the day of that line', async () => {
  const { loanId, member } = await lender.approved(1_000);
  await lender.world.clock.advance(60_000);
  const receipt = byHand(1_000);
  const day = nairobi();
  const entry = await ask(receipt, 1_000, { loanId });
  expect(entry.status).toBe(201);
  expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'paid_out_not_shown' } });
  await lender.world.clock.advance(3 * DAY);
  await signToday(day);
  const before = await lender.world.database.sql(
    "select 1 from reviews where kind = 'statement_money_out' and subject = $1 and closed_at is null",
    [receipt],
  );
  const answers = await Promise.all([1, 2, 3].map(() => approve(entry.body.entryId)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  Object.assign(lender.treasurer, await treasurer());
  expect((await lender.disburse(loanId)).body.code).toBe('payout_under_way');
  await lender.world.pass(2);
  expect(await lender.standing(loanId)).toMatchObject({
    state: 'active',
    payouts: ['paid'],
    lentCents: 100_000n,
    disbursed_on: day,
    instalments: 10,
  });
  expect([
    before.length,
    await lender.world.database.sql("select 1 from reviews where kind = 'statement_money_out' and subject = $1 and closed_at is null", [
      receipt,
    ]),
  ]).toEqual([1, []]);
  expect(await lender.world.database.sql('select action from audit where subject = $1 and action like $2', [loanId, 'loan_paid%'])).toEqual(
    [{ action: 'loan_paid_by_hand' }],
  );
  expect(
    await lender.world.database.sql("select 1 from outbox where message ->> 'event' = 'loan_disbursed' and message ->> 'personId' = $1", [
      member.personId,
    ]),
  ).toHaveLength(1);
  const listed = await lender.get(`/api/payouts?receipt=${receipt}`);
  expect(listed.body.payouts).toMatchObject([{ kind: 'loan', state: 'paid', amount: 1_000, portalReceipt: receipt }]);
  const entries = await lender.get('/api/float-entries?state=booked');
  expect(entries.body.entries).toContainEqual(expect.objectContaining({ receipt, loanId }));
  // nothing of it is sent a second time
  expect((await lender.disburse(loanId)).body.code).toBe('loan_not_approved');
  const again = byHand(500);
  await signToday();
  expect(await entered(again, 500, loanId)).toMatchObject({
    status: 409,
    body: { code: 'loan_not_approved', detail: expect.stringContaining('enter it again without loanId') },
  });
});

test('of a part the rest is disbursed, and the loan begins when that has arrived', async () => {
  const { loanId, receipt, member } = await paidByHand(400);
  expect((await entered(receipt, 400, loanId)).status).toBe(200);
  // whoever got a part of it takes back the application no more
  expect((await lender.send(`/api/loans/${loanId}/withdraw`, {}, member.headers)).body.code).toBe('loan_decided');
  await lender.world.pass(1);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'disbursing', lentCents: 40_000n });
  expect(await lender.disburse(loanId)).toMatchObject({ status: 200, body: { payout: { amount: 600 } } });
  await lender.world.pass(3);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid', 'paid'], lentCents: 100_000n });
  expect(lender.sentTo(member.phone)).toBe(600);
});

test('two entries of one loan at once: no more is booked than is to be sent', async () => {
  const { loanId, receipt } = await paidByHand(700);
  const other = byHand(600);
  await signToday();
  const [one, two] = [await ask(receipt, 700, { loanId }), await ask(other, 600, { loanId })];
  const answers = await Promise.all([approve(one.body.entryId), approve(two.body.entryId)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
  expect(answers.find(({ status }) => status === 422)?.body).toMatchObject({
    code: 'amount_mismatch',
    detail: expect.stringContaining('still to be sent'),
  });
});

describe('is refused', () => {
  test('while a payout of it waits or is on its way; once that is declined, it is booked', async () => {
    Object.assign(lender.treasurer, await treasurer());
    const { loanId } = await lender.approved(80_000);
    expect(await lender.disburse(loanId)).toMatchObject({ body: { payout: { state: 'requested' } } });
    const receipt = byHand(80_000);
    await signToday();
    const entry = await ask(receipt, 80_000, { loanId });
    const refused = await approve(entry.body.entryId);
    expect(refused).toMatchObject({ status: 409, body: { code: 'payout_under_way', detail: expect.stringContaining('decline it') } });
    expect((await lender.decidePayout(refused.body.payoutId, 'decline', await treasurer())).status).toBe(200);
    expect((await approve(entry.body.entryId)).status).toBe(200);
    await lender.world.pass(2);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['declined', 'paid'], lentCents: 8_000_000n });

    const second = await paidByHand();
    lender.plan({ api: 'b2c', next: 1, lost: true });
    expect((await lender.disburse(second.loanId)).status).toBe(200);
    expect(await entered(second.receipt, 1_000, second.loanId)).toMatchObject({ status: 409, body: { code: 'payout_under_way' } });
  });

  test('by its borrower and for its borrower', async () => {
    Object.assign(lender.treasurer, await treasurer());
    const borrower = await makeMember(lender.world, { role: 'treasurer' });
    const { loanId } = await lender.approved(1_000, {}, borrower);
    await lender.world.clock.advance(60_000);
    const receipt = byHand(1_000);
    await signToday();
    const entry = await ask(receipt, 1_000, { loanId });
    expect(await approve(entry.body.entryId, borrower.headers)).toMatchObject({ status: 403, body: { code: 'own_loan' } });
    expect((await reject(entry.body.entryId)).status).toBe(200);
    const own = await ask(receipt, 1_000, { loanId }, borrower.headers);
    expect(await approve(own.body.entryId)).toMatchObject({
      status: 403,
      body: { code: 'own_loan', detail: expect.stringContaining('enter it again') },
    });
    expect((await lender.standing(loanId)).state).toBe('approved');
  });

  test('of more than is lent, of money from before the application, of a loan that is not approved, of one that there is not, and of two things at once', async () => {
    const early = byHand(1_000);
    await lender.world.clock.advance(60_000);
    const { loanId, receipt } = await paidByHand(1_100);
    expect(await entered(early, 1_000, loanId)).toMatchObject({
      status: 409,
      body: { code: 'paid_out_not_shown', detail: expect.stringContaining('before LN-') },
    });
    const tooMuch = await ask(receipt, 1_100, { loanId });
    expect(await approve(tooMuch.body.entryId)).toMatchObject({ status: 422, body: { code: 'amount_mismatch' } });
    expect((await lender.standing(loanId)).state).toBe('approved');
    // what was rejected is asked anew, for what it was
    expect((await reject(tooMuch.body.entryId)).status).toBe(200);
    expect((await ask(receipt, 1_100, { loanId, bookingId: loanId })).status).toBe(400);
    expect(await entered(receipt, 1_000, loanId)).toMatchObject({ status: 422, body: { code: 'amount_mismatch' } });
    const unknown = byHand(50);
    await signToday();
    expect(await entered(unknown, 50, '019a9f6e-0000-7000-8000-000000000000')).toMatchObject({
      status: 404,
      body: { code: 'loan_not_found' },
    });
    const submitted = await lender.apply(await makeMember(lender.world), 1_000);
    await lender.world.clock.advance(60_000);
    const late = byHand(1_000);
    await signToday();
    expect(await entered(late, 1_000, String(submitted.body.loanId))).toMatchObject({
      status: 409,
      body: { code: 'loan_not_approved', detail: expect.stringContaining('decide about it first') },
    });
  });

  test('of another short code than the line’s', async () => {
    const { loanId, receipt } = await paidByHand();
    await lender.world.database.sql(
      "update statements set shortcode = '600999' where id in (select statement_id from statement_lines where receipt = $1)",
      [receipt],
    );
    expect(await entered(receipt, 1_000, loanId)).toMatchObject({
      status: 409,
      body: { code: 'paid_out_not_shown', detail: expect.stringContaining('it is a line of 600999') },
    });
    expect((await lender.standing(loanId)).state).toBe('approved');
  });
});
