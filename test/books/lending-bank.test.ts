import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { readHistory } from '#sacco/loans/read-history.ts';
import { register } from '../paybill/paybill.ts';
import { push } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { type MadeLoan, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

const ROUNDS = scaled(8); // full run: 300
const CLIENTS = 9;
const DAY_MS = 24 * 60 * 60 * 1000;

let world: World;
beforeAll(async () => {
  world = await startWorld({
    seed: 23,
    environment: {
      PAYOUT_APPROVAL_ABOVE_SHILLINGS: '250000',
      PAYOUT_ALONE_PER_PAYEE_SHILLINGS: '100000000',
      PAYOUT_ALONE_PER_DAY_SHILLINGS: '100000000',
    },
  });
});
afterAll(() => world.stop());

/** A number that is random and the same in every run. */
let state = 23;
const random = (below: number) => {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((state / 2_147_483_648) * below);
};

/** What must hold in any single snapshot, whatever is under way: the tables of the loans and the ledger tell the same story. */
const SNAPSHOT = `
  with balance as (
    select a.id, coalesce(sum(case when (t.debit_account = a.id) = (a.kind in ('asset', 'expense')) then t.amount_cents else -t.amount_cents end), 0) as cents
    from accounts a left join transfers t on a.id in (t.debit_account, t.credit_account) group by a.id
  ), cents as (select (select cents from balance where id = 'clearing') as clearing, (select sum(cents) from balance where id like 'paybill\\_%') as float,
    (select cents from balance where id = 'payout_reserve') as reserve
  ), taken as (
    select loan_id, sum(penalty_cents) as penalty, sum(fee_cents) as fee, sum(interest_cents) as interest, sum(principal_cents) as principal
    from repayments where reversed_at is null group by loan_id
  ), paid as (
    select l.id, l.state, sum(i.paid_fee_cents) as fee, sum(i.paid_interest_cents) as interest, sum(i.paid_principal_cents) as principal,
      sum(i.principal_cents) as lent, sum(i.unpaid_cents) as unpaid, (select coalesce(sum(paid_cents), 0) from penalties where loan_id = l.id) as penalty
    from loans l join instalments i on i.loan_id = l.id group by l.id
  )
  select cents.clearing - (select coalesce(sum(amount_cents), 0) from deposits where allocated_at is null and merged_into is null) as clearing_off,
    cents.float - (select coalesce(sum(amount_cents), 0) from deposits where merged_into is null and taken_back_at is null) + (select coalesce(sum(amount_cents), 0) from withdrawals where state = 'paid') as float_off,
    cents.reserve - (select coalesce(sum(amount_cents), 0) from withdrawals where state in ('reserved', 'dispatched', 'unknown')) as reserve_off,
    (select count(*) from paid p join balance b on b.id = 'loan:' || p.id where b.cents <> p.lent - p.principal) as principal_off,
    (select count(*) from paid p left join taken t on t.loan_id = p.id where (p.penalty, p.fee, p.interest, p.principal)
      is distinct from (coalesce(t.penalty, 0), coalesce(t.fee, 0), coalesce(t.interest, 0), coalesce(t.principal, 0))) as parts_off,
    (select count(*) from balance b, (select coalesce(sum(penalty), 0) as penalty, coalesce(sum(interest), 0) as interest from taken) t
      where b.id = 'loan_penalties' and b.cents <> t.penalty or b.id = 'loan_interest' and b.cents <> t.interest) as income_off,
    (select count(*) from balance where id like 'savings:%' and cents < 0) as overdrawn
  from cents`;
const NOTHING_OFF = {
  clearing_off: '0',
  float_off: '0',
  reserve_off: '0',
  principal_off: '0',
  parts_off: '0',
  income_off: '0',
  overdrawn: '0',
};

test('borrowers pay, pay too much and are paid, repayments are taken back and nights pass while connections are cut: every snapshot balances', async () => {
  await register(world);
  let treasurer = await signedIn(world, 'treasurer');
  const { control } = world.simulator;
  control.plan({
    random: { outcomes: { paid: 0.8, cancelled: 0.2 }, copies: 2, shuffle: true, lostRate: 0.1, lateRate: 0.1, shuffleMs: 20_000 },
  });
  control.plan({ api: 'b2c', random: { timedOutRate: 0.2, lostRate: 0.1, responseLostRate: 0.1, copies: 2 } });

  const rules = { penaltyKind: 'percent', penaltyBasisPoints: 1_000, penaltyFrequency: 'per_period', graceDays: 1 } as const;
  const products = [
    await makeProduct(world, { ...rules, instalments: 4, excess: 'instalment' }),
    await makeProduct(world, { ...rules, instalments: 4, excess: 'full', penaltyCapBasisPoints: 2_000 }),
  ];
  const made: MadeLoan[] = [];
  const disbursedOn = addDays(nairobiDay(world.clock.now()), -10);
  for (let n = 0; n < 6; n++) {
    const product = products[n % 2] as (typeof products)[0];
    made.push(await makeLoan(world, { product, principalCents: 200_000n, interestCents: 5_000n, disbursedOn }));
  }
  const anyLoan = () => made[random(made.length)] as MadeLoan;
  const post = (path: string, body: unknown, headers = treasurer) => world.send('POST', path, { body, headers });

  const byPrompt = async () => {
    await push(world, { type: 'loan_repayment', items: undefined, subject: anyLoan().reference, amount: 50 + random(900) });
  };
  const atThePaybill = async () => {
    const { reference, member } = anyLoan();
    await control.payBill({ phone: member.phone, amountShillings: 50 + random(900), account: reference });
  };
  const takeBack = async () => {
    const [row] = await world.database.sql<{ id: string }>(
      'select id from repayments where reversed_at is null order by id desc limit 1 offset $1',
      [random(3)],
    );
    if (row) await Promise.all([1, 2].map(() => post(`/api/repayments/${row.id}/reverse`, { reason: 'Was for somebody else' })));
  };
  const matchAnew = async () => {
    const [row] = await world.database.sql<{ subject: string }>(
      "select subject from reviews where kind = 'unidentified_deposit' and closed_at is null limit 1",
    );
    if (row) await post(`/api/deposits/${row.subject}/match`, { standingReference: anyLoan().reference });
  };
  const borrow = async () => {
    const member = await makeMember(world);
    const product = products[random(2)];
    const { loanId } = (await (
      await post('/api/loans', { productCode: product?.code, amount: 300 + random(200) }, member.headers)
    ).json()) as { loanId?: string };
    await post(`/api/loans/${loanId}/decision`, { decision: 'approve' });
    await Promise.all([1, 2].map(() => post(`/api/loans/${loanId}/disburse`, {})));
  };
  const deeds = [byPrompt, atThePaybill, byPrompt, takeBack, atThePaybill, matchAnew, borrow];

  const snapshots: Record<string, string>[] = [];
  const look = async () => void snapshots.push(...(await world.database.sql<Record<string, string>>(SNAPSHOT)));
  await push(world, { items: [{ sku: 'coffee', quantity: 4 }] });
  await world.pass(2);
  for (let round = 0; round < ROUNDS; round++) {
    const busy = Promise.all(Array.from({ length: CLIENTS }, (_, client) => deeds[(client + round) % deeds.length]?.()));
    const night = round % 2 === 1 ? strike('scheduled-penalties') : undefined;
    const watched = (async () => {
      for (let n = 0; n < 5; n++) await look();
    })();
    await Promise.all([busy, watched, night]);
    if (round % 3 === 2) {
      const working = world.clock.advance(5_000);
      await world.database.dropConnections().catch(() => undefined);
      await working;
    }
    await world.pass(2).catch(() => undefined); // a run that was cut off is made up for by the next
    await world.clock.advance(2 * DAY_MS);
    treasurer = await signedIn(world, 'treasurer'); // a session does not live as long
    await look();
  }
  await world.pass(60);
  await strike('scheduled-penalties');
  await look();

  for (const snapshot of snapshots) expect(snapshot).toEqual(NOTHING_OFF);
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  expect(await world.database.sql("select count(*)::int as n from withdrawals where state not in ('paid', 'rejected')")).toEqual([
    { n: 0 },
  ]);
  expect(await world.database.sql("select count(*)::int as n from loans where state = 'disbursing'")).toEqual([{ n: 0 }]);
  await everyLoanIsWhatItsHistoryMakesIt();
  const [happened] = await world.database.sql<Record<string, number>>(`select (select count(*)::int from repayments) as repayments,
    (select count(*)::int from repayments where reversed_at is not null) as reversed, (select count(*)::int from penalties where amount_cents > 0) as penalties,
    (select count(*)::int from loans where state = 'active' and decided_at is not null) as lent`);
  for (const [what, times] of Object.entries(happened ?? {})) expect([what, times > 0]).toEqual([what, true]);
}, 180_000);

async function everyLoanIsWhatItsHistoryMakesIt(): Promise<void> {
  const today = nairobiDay(world.clock.now());
  for (const { id } of await world.database.sql<{ id: string }>("select id from loans where state in ('active', 'closed')")) {
    const { instalments, penalties } = workOut(await readHistory(world.app.db, id), today);
    const kept = await world.database.sql<{ paid: string }>(
      'select (paid_principal_cents + paid_interest_cents + paid_fee_cents)::text as paid from instalments where loan_id = $1 order by number',
      [id],
    );
    expect(kept.map(({ paid }) => paid)).toEqual(
      instalments.map((one) => (one.paidPrincipalCents + one.paidInterestCents + one.paidFeeCents).toString()),
    );
    const charged = await world.database.sql<{ amount: string }>(
      'select amount_cents::text as amount from penalties where loan_id = $1 and amount_cents > 0 order by number, period',
      [id],
    );
    expect(charged.map(({ amount }) => amount)).toEqual(penalties.map(({ amountCents }) => amountCents.toString()));
  }
}
