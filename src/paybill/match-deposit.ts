import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { record } from '../audit/record.ts';
import type { Call, Reply } from '../call.ts';
import { newId } from '../db/columns.ts';
import { bigintText, instant, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import { shillings } from '../money/cents.ts';
import { leftInSuspenseSql } from './left-in-suspense.ts';
import type { MatchInput } from './match-input.ts';
import { matches } from './paybill.schema.ts';

const Payment = z.object({
  id: z.uuid(),
  reference: z.string(),
  purpose: z.string(),
  subject: z.string().nullable(),
  lines: z.unknown(),
  status: z.string(),
  owedCents: bigintText,
  amountCents: bigintText,
  hasEmail: z.boolean(),
});
type Payment = z.output<typeof Payment>;

const Deposit = z.object({ id: z.uuid(), settledAt: instant, leftCents: bigintText });
type Deposit = z.output<typeof Deposit>;

/**
 * Pays one payment or several with money that waits in suspense, as a person found out: out of suspense, to each payment's purpose, and the payment is paid. Each
 * is paid whole or the call is refused in words; what is left stays in suspense, and the task closes with the last shilling. One transaction: of two people who
 * match the same money or the same payment, one is refused.
 */
export function matchDeposit(
  { db, clock, purposes }: Pick<App, 'db' | 'clock' | 'purposes'>,
  { id, parts }: MatchInput,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
): Promise<Reply> {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const payments = await lockPayments(
      tx,
      parts.map(({ paymentId }) => paymentId),
    );
    const deposit = await lockDeposit(tx, id);
    const wanted = parts.map(({ paymentId, amount }) => openPayment(payments.get(paymentId), amount));
    const leftCents = takeFrom(
      deposit,
      wanted.reduce((sum, { amountCents }) => sum + amountCents, 0n),
    );
    for (const payment of wanted) {
      const purpose = purposes[payment.purpose];
      if (!purpose) throw new Error(`No purpose "${payment.purpose}" is wired in: see src/core.ts.`);
      const matchId = newId();
      const { amountCents } = payment;
      await tx
        .insert(matches)
        .values({ id: matchId, depositId: id, paymentId: payment.id, amountCents, matchedBy: caller.id, matchedAt: now });
      const legs = [{ debit: ACCOUNTS.suspense, credit: ACCOUNTS.clearing, amountCents }];
      await transfer(tx, { kind: 'match', sourceId: matchId, legs, bookedAt: now });
      await tx.execute(sql`
        update payments set status = 'paid', failure_code = null, counted_deposit_id = ${id}::uuid, settled_at = ${now.toISOString()}::timestamptz
        where id = ${payment.id}::uuid`);
      await purpose.allocate(tx, { ...payment, sourceId: matchId, depositId: id, settledAt: deposit.settledAt }, now);
    }
    const paid = wanted.map(({ id: paymentId, reference, amountCents }) => ({ paymentId, reference, amount: shillings(amountCents) }));
    if (leftCents === 0n) await closeTask(tx, deposit, `matched to ${paid.map(({ reference }) => reference).join(', ')}`, caller.id, now);
    await record(tx, { actor: caller.id, action: 'deposit_matched', subject: id, after: { paid }, requestId, happenedAt: now });
    return { json: { depositId: id, paid, left: shillings(leftCents) } };
  });
}

/** Always payments, then the deposit; several by id, so that two calls cannot wait for each other. */
async function lockPayments(tx: Tx, ids: string[]): Promise<Map<string, Payment>> {
  const rows = await readRows(
    tx,
    Payment,
    sql`
    select id, reference, purpose, subject, lines, status, owed_cents as "owedCents", amount_cents as "amountCents", email is not null as "hasEmail"
    from payments where id = any(${sql.param(ids)}::uuid[]) order by id for update`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The money that is left is read in a statement of its own, which sees what somebody took while we waited for the lock. */
async function lockDeposit(tx: Tx, id: string): Promise<Deposit> {
  await tx.execute(sql`select from deposits where id = ${id}::uuid for update`);
  const statement = sql`select d.id, d.settled_at as "settledAt", ${leftInSuspenseSql(sql`d.id`)} as "leftCents" from deposits d where d.id = ${id}::uuid`;
  const [deposit] = await readRows(tx, Deposit, statement);
  if (!deposit) throw new AppError('deposit_not_found', 'There is no such deposit.');
  if (deposit.leftCents === 0n) throw new AppError('nothing_in_suspense', 'Nothing of this deposit waits in suspense.');
  return deposit;
}

function openPayment(payment: Payment | undefined, amountCents: bigint | undefined): Payment {
  if (!payment) throw new AppError('payment_not_found', 'There is no such payment.');
  const { id: paymentId, reference } = payment;
  if (['paid', 'reversed', 'refunded'].includes(payment.status))
    throw new AppError('already_paid', `The payment ${reference} is ${payment.status}: match another one, or refund the deposit.`, {
      paymentId,
    });
  const owed = shillings(payment.amountCents);
  if (amountCents !== undefined && amountCents !== payment.amountCents)
    throw new AppError(
      'amount_mismatch',
      `The payment ${reference} is paid with KES ${owed}: send that amount, or none. What is left stays in suspense.`,
      {
        paymentId,
        owed,
      },
    );
  return payment;
}

function takeFrom({ leftCents }: Deposit, wantedCents: bigint): bigint {
  if (wantedCents > leftCents)
    throw new AppError(
      'deposit_too_small',
      `KES ${shillings(leftCents)} of this deposit waits in suspense, and KES ${shillings(wantedCents)} is owed: have the customer pay what he owes, and refund this.`,
      { left: shillings(leftCents), owed: shillings(wantedCents) },
    );
  return leftCents - wantedCents;
}

const closeTask = (tx: Tx, { id }: Deposit, note: string, by: string, now: Date) =>
  tx.execute(sql`
  update reviews set closed_at = ${now.toISOString()}::timestamptz, closed_by = ${by}, note = ${note}
  where kind in ('unidentified_deposit', 'underpaid_deposit') and subject = ${id} and closed_at is null`);
