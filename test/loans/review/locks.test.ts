import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import { settleWithdrawal } from '#mpesa/payouts/settle-withdrawal.ts';
import { deposits, match, newReceipt } from '../../paybill/paybill.ts';
import { newPhone, push } from '../../world/checkout.ts';
import { type MadeLoan, makeLoan, makeMember, makeProduct } from '../../world/lending.ts';
import { signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';
import { pay } from '../repaying.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** Money that nobody knows whose it is; the id of its deposit. */
async function waiting(amountShillings: number): Promise<string> {
  const receipt = await pay(world, '', amountShillings);
  return (await deposits(world)).find((deposit) => deposit.receipt === receipt)?.depositId ?? '';
}

/** A prompt for a loan that the borrower has not answered. */
async function owed(loan: MadeLoan, amount: number): Promise<string> {
  const { paymentId } = await push(world, {
    ...{ items: undefined, type: 'loan_repayment', subject: loan.reference, amount, phoneNumber: newPhone() },
  });
  return paymentId;
}

/** Keeps a row locked until it is released. */
async function hold(table: string, id: string): Promise<() => Promise<void>> {
  const [held, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = world.app.db.transaction(async (tx) => {
    await tx.execute(sql`select from ${sql.identifier(table)} where id::text = ${id} for update`);
    held.resolve();
    await letGo.promise;
  });
  await held.promise;
  return () => {
    letGo.resolve();
    return holding;
  };
}

async function waitingForLocks(count: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [row] = await world.database.sql<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if ((row?.n ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('Nobody waited for a lock.');
}

test('splits that name two loans in different ways, by a payment for one and by the other itself, do not wait for each other', async () => {
  for (let round = 0; round < 3; round++) {
    const [a, b] = [await makeLoan(world), await makeLoan(world)];
    const [one, other] = [await waiting(400), await waiting(400)];
    const answers = await Promise.all([
      match(world, one, { parts: [{ paymentId: await owed(a, 200) }, { standingReference: b.reference, amount: 200 }] }),
      match(world, other, { parts: [{ paymentId: await owed(b, 200) }, { standingReference: a.reference, amount: 200 }] }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }
});

test('splits over payments for two loans that cross each other do not wait for each other', async () => {
  for (let round = 0; round < 2; round++) {
    const [a, b] = [await makeLoan(world), await makeLoan(world)];
    const [one, other] = [await waiting(400), await waiting(400)];
    const parts = [
      [{ paymentId: await owed(a, 200) }, { paymentId: await owed(b, 200) }],
      [{ paymentId: await owed(b, 200) }, { paymentId: await owed(a, 200) }],
    ];
    const answers = await Promise.all([match(world, one, { parts: parts[0] }), match(world, other, { parts: parts[1] })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }
});

test('splits over late loans of members who have others do not wait for each other: each is told of their penalties once', async () => {
  const product = await makeProduct(world, { penaltyKind: 'percent', penaltyBasisPoints: 1_000, penaltyFrequency: 'per_period' });
  const disbursedOn = addDays(nairobiDay(world.clock.now()), -8);
  for (let round = 0; round < 3; round++) {
    const [one, other] = [await makeMember(world), await makeMember(world)];
    const loans: MadeLoan[] = [];
    for (const member of [one, other, other, one]) loans.push(await makeLoan(world, { member, product, disbursedOn }));
    const parts = (...at: number[]) => ({ parts: at.map((n) => ({ standingReference: loans[n]?.reference, amount: 200 })) });
    const [a, b] = [await waiting(400), await waiting(400)];
    const answers = await Promise.all([match(world, a, parts(0, 2)), match(world, b, parts(1, 3))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }
});

test('a result that comes while somebody presses approve once more is settled', async () => {
  const { prompt } = await push(world, { items: [{ sku: 'coffee', quantity: 4 }] });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  const treasurer = await signedIn(world, 'treasurer');
  const asked = await world.send('POST', '/api/payouts', {
    body: { phoneNumber: newPhone(), amount: 500, reason: 'Rent' },
    headers: treasurer,
  });
  const { payoutId } = (await asked.json()) as { payoutId: string };
  const approve = () => world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: treasurer });
  expect((await approve()).status).toBe(200);
  await world.pass(1);
  const [withdrawal] = await world.database.sql<{ id: string }>('select id from withdrawals where payout_id = $1', [payoutId]);

  const letGo = await hold('payouts', payoutId);
  const finding = {
    withdrawalId: withdrawal?.id ?? '',
    source: 'b2c',
    body: 'paid',
    says: 'paid',
    amountCents: 50_000n,
    receipt: newReceipt(),
    ...{ originatorId: withdrawal?.id, shortcode: '174379' },
  } as const;
  const settled = settleWithdrawal({ db: world.app.db, now: world.clock.now() }, finding);
  await waitingForLocks(1);
  const pressed = approve();
  await waitingForLocks(2);
  await letGo();
  expect(await settled).toEqual({ verdict: 'pays' });
  expect((await pressed).status).toBe(409);
});
