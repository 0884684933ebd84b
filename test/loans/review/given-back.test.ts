import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leftInSuspenseSql } from '#mpesa/payouts/left-of-deposit.ts';
import { deposits, match, openTasks, register } from '../../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../../world/checkout.ts';
import { scaled } from '../../world/counts.ts';
import { type MadeLoan, makeLoan } from '../../world/lending.ts';
import { signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';
import { expectLendingToAgree, expectTruth, payTruly, repaymentsOf, send, standing } from '../repaying.ts';

type Headers = { authorization: string };

let world: World;
let treasurer: Headers;
let second: Headers;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  [treasurer, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  const { prompt } = await push(world, { items: [{ sku: 'coffee', quantity: 50 }] });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
});
afterEach(async () => {
  await expectLendingToAgree(world);
  await expectTruth(world);
});
afterAll(() => world.stop());

const post = (path: string, body: unknown, headers = treasurer) => send(world, path, body, headers);
const reverse = (id: unknown) => post(`/api/repayments/${id}/reverse`, { reason: 'For another loan' });
const refund = (body: Record<string, unknown>) => post('/api/refunds', { reason: 'Paid by mistake', ...body });
const decide = (payoutId: unknown, decision = 'approve') => post(`/api/payouts/${payoutId}/decision`, { decision }, second);

const tasksOf = (depositId: string) =>
  world.database.sql("select 1 from reviews where kind = 'unidentified_deposit' and subject = $1 and closed_at is null", [depositId]);

/** A loan that a prompt has paid: its payment, its repayment, the phone that paid. */
async function paidByPrompt(amount: number) {
  const loan = await makeLoan(world);
  const phoneNumber = newPhone();
  const { paymentId, prompt } = await push(world, {
    items: undefined,
    type: 'loan_repayment',
    subject: loan.reference,
    amount,
    phoneNumber,
  });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  const [repayment] = await repaymentsOf(world, loan);
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  return { loan, paymentId, repaymentId: repayment?.id ?? '', depositId: deposit?.id ?? '', phoneNumber };
}

describe('a prompt that paid a loan', () => {
  test('is not returned while the loan has it', async () => {
    const { paymentId, loan } = await paidByPrompt(500);
    expect((await refund({ paymentId })).body).toMatchObject({ code: 'refund_too_large', most: 0 });
    expect(await standing(world, loan)).toMatchObject({ principal: 4500 });
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  });

  test('is reversed once it was taken back, on the rail, and says so', async () => {
    const { paymentId, repaymentId, loan } = await paidByPrompt(500);
    expect((await reverse(repaymentId)).status).toBe(200);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
    const asked = await refund({ paymentId });
    expect(asked.body).toMatchObject({ method: 'reversal', amount: 500 });
    expect((await decide(asked.body.payoutId)).status).toBe(200);
    await world.pass(3);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
    expect((await refund({ paymentId })).body).toMatchObject({ code: 'refund_too_large', most: 0 });
    expect(await standing(world, loan)).toMatchObject({ state: 'active', principal: 5000, saved: 0 });
  });

  test('whose money a part of is refunded and the rest pays another loan is refunded', async () => {
    const { paymentId, depositId, repaymentId } = await paidByPrompt(500);
    const other = await makeLoan(world);
    await reverse(repaymentId);
    const asked = await refund({ paymentId, amount: 200 });
    expect((await match(world, depositId, { standingReference: other.reference })).status).toBe(200);
    await decide(asked.body.payoutId);
    await world.pass(3);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'refunded' });
    expect(await standing(world, other)).toMatchObject({ principal: 4700 });
    expect((await refund({ paymentId })).body).toMatchObject({ code: 'refund_too_large', most: 0 });
  });

  test('and was moved to the right loan stays paid', async () => {
    const { paymentId, depositId, repaymentId } = await paidByPrompt(500);
    await reverse(repaymentId);
    await match(world, depositId, { standingReference: (await makeLoan(world)).reference });
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  });
});

test('a payment for a loan that was matched, taken back and returned says so', async () => {
  const loan = await makeLoan(world);
  const receipt = await payTruly(world, 'NOBODY', 500);
  const [deposit] = await world.database.sql<{ id: string }>('select id, prove_money_2(id, settled_at) from deposits where receipt = $1', [
    receipt,
  ]);
  await world.database.sql('update deposits set receipt_proved_at = settled_at where receipt = $1', [receipt]);
  const asked = { items: undefined, type: 'loan_repayment', subject: loan.reference, amount: 500, phoneNumber: newPhone() };
  const { paymentId } = await push(world, asked);
  expect((await match(world, deposit?.id ?? '', { paymentId })).status).toBe(200);
  await reverse((await repaymentsOf(world, loan))[0]?.id);
  const { body } = await refund({ depositId: deposit?.id });
  await decide(body.payoutId);
  await world.pass(3);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
});

test('a task stays open while some of its money is being refunded, which may be declined', async () => {
  const { depositId, repaymentId } = await paidByPrompt(500);
  await reverse(repaymentId);
  const { body } = await refund({ depositId, amount: 300 });
  expect((await match(world, depositId, { standingReference: (await makeLoan(world)).reference })).status).toBe(200);
  expect((await decide(body.payoutId, 'decline')).status).toBe(200);
  expect((await deposits(world)).find((deposit) => deposit.depositId === depositId)).toMatchObject({ waiting: 300 });
  expect(await tasksOf(depositId)).toHaveLength(1);
  await match(world, depositId, { standingReference: (await makeLoan(world)).reference });
  expect(await tasksOf(depositId)).toHaveLength(0);
});

test('what is taken back in the moment in which a refund is paid waits as a task', async () => {
  const [a, b] = [await makeLoan(world), await makeLoan(world)];
  const { depositId, repaymentId } = await paidByPrompt(500);
  await reverse(repaymentId);
  await match(world, depositId, { standingReference: a.reference, amount: 200 });
  const [matched] = await repaymentsOf(world, a);
  const asked = await refund({ depositId, amount: 300 });
  await decide(asked.body.payoutId);
  await world.clock.advance(20_000);
  await world.settled();

  // Somebody who promises the same message keeps the reversal from ending.
  const [held, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const [notice] = await world.database.sql<{ key: string }>(
    `select concat_ws(':', 'repayment_reversed', $1::text, person_id, 'sms') as key from members where id = $2`,
    [matched?.id, a.member.id],
  );
  const holding = world.app.db
    .transaction(async (tx) => {
      await tx.execute(sql`insert into outbox (id, dedupe_key, message, due_at) values (gen_random_uuid(), ${notice?.key}, '{}', now())`);
      held.resolve();
      await letGo.promise;
      throw new Error('let go');
    })
    .catch(() => undefined);
  await held.promise;
  const reversed = reverse(matched?.id);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const minute = world.pass(2);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  letGo.resolve();
  await holding;
  expect((await reversed).status).toBe(200);
  await minute;
  await world.pass(1);
  expect(await tasksOf(depositId)).toHaveLength(1);
  expect((await match(world, depositId, { standingReference: b.reference })).status).toBe(200);
});

test('whatever is taken back, matched and returned of one deposit, at once and in any order, comes to what came in', async () => {
  let state = 7;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const seen = new Set<string>();
  for (let round = 0; round < scaled(3); round++) {
    const { loan, depositId, phoneNumber } = await paidByPrompt(600);
    const loans: MadeLoan[] = [loan, await makeLoan(world)];
    const deeds = [
      async () => {
        const [row] = await world.database.sql<{ id: string }>(
          'select id from repayments where deposit_id = $1 and reversed_at is null order by id desc limit 1',
          [depositId],
        );
        return row && (await reverse(row.id));
      },
      async () => {
        const response = await match(world, depositId, {
          standingReference: loans[random(2)]?.reference,
          ...(random(2) ? { amount: 50 + random(300) } : {}),
        });
        return { status: response.status, body: (await response.json()) as Record<string, unknown> };
      },
      () => refund({ depositId, phoneNumber, ...(random(2) ? { amount: 10 + random(300) } : {}) }),
      async () => {
        const [row] = await world.database.sql<{ id: string }>(
          "select id from payouts where subject_id = $1 and state = 'requested' order by id limit 1",
          [depositId],
        );
        return row && decide(row.id, random(3) ? 'approve' : 'decline');
      },
    ];
    for (let step = 0; step < 6; step++) {
      if (random(3) === 0) world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'internal-failure' });
      const answers = await Promise.all(Array.from({ length: 6 }, () => deeds[random(deeds.length)]?.()));
      for (const answer of answers) if (answer) seen.add(`${answer.status} ${answer.body.code ?? ''}`);
      expect(answers.filter((answer) => answer && answer.status >= 500)).toEqual([]);
      await world.pass(1);
    }
    await world.pass(3);
    const [row] = await world.database.sql<Record<string, string>>(
      `select (select sum(amount_cents + excess_cents) from repayments where deposit_id = $1 and reversed_at is null) as kept,
        (select sum(amount_cents) from payouts where subject_id = $1 and state = 'paid') as given,
        (select sum(amount_cents) from payouts where subject_id = $1 and state in ('requested', 'approved')) as going`,
      [depositId],
    );
    const left = (await world.app.db.execute(sql`select ${leftInSuspenseSql(sql`${depositId}::uuid`)} as left`)).rows[0] as {
      left: string;
    };
    const cents = [row?.kept, row?.given, row?.going, left.left].map((each) => BigInt(each ?? 0));
    expect(cents.every((each) => each >= 0n)).toBe(true);
    expect(cents.reduce((sum, each) => sum + each, 0n)).toBe(60_000n);
    if (BigInt(left.left) > 0n) expect(await tasksOf(depositId)).toHaveLength(1);
  }
  expect([...seen]).toEqual(expect.arrayContaining(['200 ', '201 ']));
  expect(await openTasks(world)).not.toHaveProperty('payout_paid_late');
}, 60_000);
