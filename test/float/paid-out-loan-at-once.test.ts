import { afterAll, beforeAll, expect, test } from 'vitest';
import { movedBy } from '../bookings/marketplace.ts';
import { type Lender, openLender } from '../loans/open-lender.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';

// A loan paid out by hand, at once with its disbursement, and before our own payout of it arrives late.

let lender: Lender;
beforeAll(async () => {
  lender = await openLender({ customers: 7 });
});
afterAll(() => lender.world.stop());

const treasurer = () => signedIn(lender.world, 'treasurer');
const nairobi = () => new Date(lender.world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
const ask = async (receipt: string, amount: number, more: object) =>
  lender.send('/api/float-entries', { kind: 'paid_out', receipt, amount, on: nairobi(), note: 'By hand', ...more }, await treasurer());
const approve = async (entryId: unknown) => lender.send(`/api/float-entries/${entryId}/approve`, {}, await treasurer());
const signed = async (shillings: number) => {
  const { receipt } = lender.world.simulator.control.payByHand({ phone: newPhone(), amountShillings: shillings });
  await importedAndSigned(lender.world, (await exported(lender.world, { from: nairobi(), to: nairobi() })).bytes);
  return receipt;
};
const tasks = async () =>
  (await lender.world.database.sql<{ kind: string }>('select kind from reviews where closed_at is null order by 1')).map(
    ({ kind }) => kind,
  );

test('at once with its disbursement: one of both', async () => {
  for (let n = 0; n < 3; n++) {
    Object.assign(lender.treasurer, await treasurer());
    const { loanId } = await lender.approved(1_000);
    await lender.world.clock.advance(60_000);
    const receipt = await signed(1_000);
    const entry = await ask(receipt, 1_000, { loanId });
    const answers = await Promise.all([approve(entry.body.entryId), lender.disburse(loanId)]);
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    await lender.world.pass(3);
    expect((await lender.standing(loanId)).lentCents).toBe(100_000n);
  }
});

test('then our own payout, which M-PESA had rejected, arrives: it is lent once, and who got it twice owes it', async () => {
  Object.assign(lender.treasurer, await treasurer());
  const { loanId } = await lender.approved(1_000);
  lender.plan({ api: 'b2c', next: 1, lost: true });
  expect((await lender.disburse(loanId)).status).toBe(200);
  await lender.world.pass(1);
  await lender.tellRejected(loanId);
  await lender.world.pass(1);
  await lender.world.clock.advance(60_000);
  const receipt = await signed(1_000);
  const entry = await ask(receipt, 1_000, { loanId });
  expect((await approve(entry.body.entryId)).status).toBe(200);
  await lender.world.pass(1);
  const changes = await movedBy(lender.world, async () => {
    await lender.world.database.sql(
      `select settle_withdrawal_4(w.id, 'b2c', 'y' || w.id, 'y', 'paid', w.amount_cents, 'UKX' || substr(md5(w.id::text), 1, 7), false, w.id::text, null, null, null, '0', '174379', null, $2)
       from withdrawals w join payouts p on p.id = w.payout_id where p.subject_id = $1 and w.state = 'rejected'`,
      [loanId, lender.world.clock.now()],
    );
    await lender.world.pass(2);
  });
  expect([await lender.standing(loanId), changes, await tasks()]).toMatchObject([
    { state: 'active', payouts: ['paid', 'paid'] },
    {},
    expect.arrayContaining(['loan_paid_twice']),
  ]);
});

test('a part by hand, the rest approved and not sent, then our own payout arrives that M-PESA had rejected: the rest does not leave', async () => {
  Object.assign(lender.treasurer, await treasurer());
  const { loanId, member } = await lender.approved(1_000);
  lender.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  expect((await lender.disburse(loanId)).status).toBe(200);
  await lender.world.pass(3);
  await lender.world.clock.advance(60_000);
  const entry = await ask(await signed(400), 400, { loanId });
  expect((await approve(entry.body.entryId)).status).toBe(200);
  await lender.world.pass(1);
  await lender.world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
  expect(await lender.disburse(loanId)).toMatchObject({ status: 200, body: { payout: { amount: 600 } } });
  await lender.world.database.sql(
    `select settle_withdrawal_4(w.id, 'b2c', 'y' || w.id, 'y', 'paid', w.amount_cents, 'UKX' || substr(md5(w.id::text), 1, 7), false, w.id::text, null, null, null, '0', '174379', null, $2)
       from withdrawals w join payouts p on p.id = w.payout_id where p.subject_id = $1 and w.state = 'rejected'`,
    [loanId, lender.world.clock.now()],
  );
  await lender.world.database.sql("delete from stops where name = 'payouts'");
  await lender.world.pass(6);
  expect([(await lender.standing(loanId)).payouts, lender.sentTo(member.phone)]).toEqual([['paid', 'paid', 'rejected'], 0]);
});

test.each([false, true])(
  'its rejected payout is the line: entered by hand, and the late result names the same receipt (before it: %s)',
  async (before) => {
    Object.assign(lender.treasurer, await treasurer());
    const { loanId } = await lender.approved(before ? 1_200 : 1_100);
    lender.plan({ api: 'b2c', next: 1, lost: true });
    expect((await lender.disburse(loanId)).status).toBe(200);
    await lender.world.pass(1);
    await lender.tellRejected(loanId);
    await lender.world.pass(1);
    await importedAndSigned(lender.world, (await exported(lender.world, { from: nairobi(), to: nairobi() })).bytes);
    const [line] = await lender.world.database.sql<{ receipt: string; finding: string }>(
      "select receipt, finding from statement_lines where direction = 'out' and amount_cents = $1",
      [before ? 120_000 : 110_000],
    );
    const entry = await ask(line?.receipt ?? 'UKLNONE000', before ? 1_200 : 1_100, { loanId });
    const approved = before ? undefined : await approve(entry.body.entryId);
    await lender.world.pass(1);
    await lender.world.database.sql(
      `select settle_withdrawal_4(w.id, 'b2c', 'y' || w.id, 'y', 'paid', w.amount_cents, $3, false, w.id::text, null, null, null, '0', '174379', null, $2)
       from withdrawals w join payouts p on p.id = w.payout_id where p.subject_id = $1 and w.state = 'rejected'`,
      [loanId, lender.world.clock.now(), line?.receipt],
    );
    await lender.world.pass(2);
    if (!approved) expect(await approve(entry.body.entryId)).toMatchObject({ status: 409, body: { code: 'receipt_known' } });
    expect((await lender.standing(loanId)).lentCents).toBe(before ? 120_000n : 110_000n);
  },
);
