import { expect } from 'vitest';
import { savingsAccount } from '#books/ledger/accounts.ts';
import { balanceOf, balances } from '#books/ledger/balance.ts';
import type { LoanStanding } from '#sacco/loans/math/terms.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { readHistory, readKept } from '#sacco/loans/read-history.ts';
import { confirm, noticeBody, tellsNow } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import type { MadeLoan } from '../world/lending.ts';
import { booksBalance, type World } from '../world/world.ts';

/** Days in Nairobi, for clocks that advance. */
export const DAY_MS = 24 * 60 * 60 * 1000;

/** Pays the paybill as Safaricom's notice tells, past the simulator, so that a phone can be chosen and a receipt told twice. */
export async function pay(world: World, account: string, amountShillings: number, changes: Record<string, unknown> = {}): Promise<string> {
  const notice = { ...tellsNow(world), TransAmount: String(amountShillings), BillRefNumber: account, ...changes };
  const response = await confirm(world, noticeBody(notice));
  expect(response.status).toBe(200);
  return notice.TransID;
}

/** Pays the paybill on the simulated network, which keeps its own truth of what moved. */
export async function payTruly(world: World, account: string, amountShillings: number): Promise<string> {
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings, account });
  await world.clock.advance(10_000);
  await world.settled();
  if (!('receipt' in paid)) throw new Error('M-PESA did not take the payment.');
  return paid.receipt;
}

/** All told money is proved, as status or pull does it; or that of one receipt. */
export const prove = (world: World, receipt?: string) =>
  world.database.sql(
    'select prove_money_2(id, $1) from deposits where confirmed_at is null and taken_back_at is null and ($2::text is null or receipt = $2)',
    [world.clock.now().toISOString(), receipt ?? null],
  );

export type Repayment = {
  id: string;
  amount: number;
  excess: number;
  penalty: number;
  fee: number;
  interest: number;
  principal: number;
  settles: boolean;
  reversed: boolean;
};

/** Posts as whoever holds these headers. */
export async function send(
  world: World,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The repayments of a loan in the order they were booked, in shillings. */
export const repaymentsOf = ({ database }: World, { id }: MadeLoan): Promise<Repayment[]> =>
  database.sql(
    `select id, (amount_cents / 100.0)::float as amount, (excess_cents / 100.0)::float as excess, (penalty_cents / 100.0)::float as penalty,
      (fee_cents / 100.0)::float as fee, (interest_cents / 100.0)::float as interest, (principal_cents / 100.0)::float as principal, settles,
      reversed_at is not null as reversed
    from repayments where loan_id = $1 order by booked_at, id`,
    [id],
  );

/** The penalties of a loan by date, in shillings. */
export const penaltiesOf = (
  { database }: World,
  { id }: MadeLoan,
): Promise<{ number: number; period: number; on: string; amount: number; paid: number; waived: number }[]> =>
  database.sql(
    `select number, period, charged_on::text as on, (amount_cents / 100.0)::float as amount, (paid_cents / 100.0)::float as paid,
      (waived_cents / 100.0)::float as waived
    from penalties where loan_id = $1 order by charged_on, number`,
    [id],
  );

/** How a loan stands, in shillings: what is unpaid of its principal, what its borrower has saved, and the loan's state. */
export async function standing(world: World, { id, member }: MadeLoan): Promise<{ state: string; principal: number; saved: number }> {
  const [row] = await world.database.sql<{ state: string; principal: number }>(
    `select l.state, (select sum(principal_cents - paid_principal_cents) / 100.0 from instalments where loan_id = l.id)::float as principal from loans l where l.id = $1`,
    [id],
  );
  if (!row) throw new Error('There is no such loan.');
  return { ...row, saved: Number(await balanceOf(world.app.db, savingsAccount(member.accountId))) / 100 };
}

/** Notices that were promised of something, by event and channel. */
export const promised = ({ database }: World, subjectId: string): Promise<{ event: string; n: number }[]> =>
  database.sql(
    "select message ->> 'event' as event, count(*)::int as n from outbox where message ->> 'kind' = 'notice' and message ->> 'subjectId' = $1 group by 1 order by 1",
    [subjectId],
  );

/** Whatever happened: each loan's tables are its history worked out, the ledger says the same, and no money was made or lost. */
export async function expectLendingToAgree(world: World): Promise<void> {
  const { database, app } = world;
  const loans = await database.sql<{ id: string; state: string; worked_out_to: string }>(
    `select id, state, greatest(worked_out_to, (select max(charged_on) from penalties where loan_id = l.id))::text as worked_out_to
    from loans l where state in ('active', 'closed')`,
  );
  for (const { id, state, worked_out_to } of loans) {
    const standing = workOut(await readHistory(app.db, id), worked_out_to);
    expect(await recordedStanding(world, id)).toEqual(sorted(standing));
    const isPaid =
      standing.instalments.every(unpaidOf) && standing.penalties.every((one) => one.amountCents === one.paidCents + one.waivedCents);
    expect(state).toBe(isPaid ? 'closed' : 'active');
  }
  expect(
    await database.sql(
      `select l.id from loans l where l.state in ('active', 'closed') and (select coalesce(sum(principal_cents - paid_principal_cents), 0) from instalments where loan_id = l.id)
        <> (select coalesce(sum(case when debit_account = 'loan:' || l.id then amount_cents else -amount_cents end), 0) from transfers where 'loan:' || l.id in (debit_account, credit_account))`,
    ),
  ).toEqual([]);
  const [parts] = await database.sql<Record<string, string>>(
    `select coalesce(sum(penalty_cents), 0) as loan_penalties, coalesce(sum(fee_cents), 0) as loan_fees, coalesce(sum(interest_cents), 0) as loan_interest
    from repayments where reversed_at is null`,
  );
  const { loan_penalties = 0n, loan_fees = 0n, loan_interest = 0n, clearing } = await balances(app.db);
  expect({ loan_penalties: String(loan_penalties), loan_fees: String(loan_fees), loan_interest: String(loan_interest) }).toEqual(parts);
  expect(clearing ?? 0n).toBe(0n);
  expect(
    await database.sql(`select a.id from accounts a where a.parent = 'savings' and
      (select coalesce(sum(case when credit_account = a.id then amount_cents else -amount_cents end), 0) from transfers where a.id in (debit_account, credit_account)) < 0`),
  ).toEqual([]);
}

/** What M-PESA moved is what the books say. For worlds whose money all moved on the simulated network. */
export async function expectTruth(world: World): Promise<void> {
  const { floatCents, truthCents, clearingCents } = await booksBalance(world);
  expect({ floatCents, clearingCents }).toEqual({ floatCents: truthCents, clearingCents: 0n });
}

const unpaidOf = (one: LoanStanding['instalments'][number]): boolean =>
  one.principalCents + one.interestCents + one.feeCents ===
  one.paidPrincipalCents + one.paidInterestCents + one.paidFeeCents + one.forgivenCents;

/** The same parts of what was worked out and of what is recorded, each in one order; a recorded penalty that came to nothing is none. */
function sorted({ instalments, penalties, repayments }: LoanStanding) {
  return {
    instalments: instalments.map(({ number, paidPrincipalCents, paidInterestCents, paidFeeCents, forgivenCents }) =>
      [number, paidPrincipalCents, paidInterestCents, paidFeeCents, forgivenCents].join(' '),
    ),
    penalties: penalties
      .filter(({ amountCents }) => amountCents > 0n)
      .map((one) =>
        [one.number, one.period, one.chargedOn, one.days, one.baseCents, one.amountCents, one.paidCents, one.waivedCents].join(' '),
      )
      .sort(),
    repayments: repayments
      .map((one) => [one.id, one.penaltyCents, one.feeCents, one.interestCents, one.principalCents, one.leftCents].join(' '))
      .sort(),
  };
}

async function recordedStanding({ app }: World, loanId: string) {
  const { instalments, penalties, repayments } = await readKept(app.db, loanId);
  return sorted({ instalments, penalties, repayments: repayments.map((one) => ({ ...one, leftCents: 0n })) });
}
