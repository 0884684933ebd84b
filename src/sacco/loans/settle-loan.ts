import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { instantSql } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { wholeShillingsUp } from '#ground/money/cents.ts';
import { addDays, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { lockLoan } from './lock-loan.ts';
import { amountsDue } from './math/amounts-due.ts';
import { workOut } from './math/work-out.ts';
import { readHistory } from './read-history.ts';

/** Which loan. */
export const SettleLoanInput = z.strictObject({ id: z.uuid() });

/**
 * Quotes what settles a loan early, today, in whole shillings; the next payment of at least that much, whichever way it comes, does so until
 * the day ends in Nairobi. For the borrower and for staff; safe to repeat. Throws `loan_not_found`, also for somebody else's, and
 * `loan_not_active`.
 */
export function settleLoan(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id }: z.output<typeof SettleLoanInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const loan = await lockLoan(tx, id);
    if (!loan || !(loan.borrower === caller.id || caller.scopes.includes('loans:read')))
      throw new AppError('loan_not_found', 'There is no such loan.');
    if (loan.state !== 'active') throw new AppError('loan_not_active', `This loan is ${loan.state}: there is nothing to settle early.`);
    const today = nairobiDay(now);
    const history = await readHistory(tx, id);
    const { settlementCents } = amountsDue(workOut(history, today), history.terms, today);
    const validUntil = new Date(nairobiMoment(addDays(today, 1)).getTime() - 1);
    await tx.execute(sql`update loans set settles_until = ${instantSql(validUntil)} where id = ${id}::uuid`);
    const amount = wholeShillingsUp(settlementCents);
    await record(tx, { actor: caller.id, action: 'settlement_asked', subject: id, after: { amount }, requestId, happenedAt: now });
    return { loanId: id, reference: loan.reference, amount, validUntil: validUntil.toISOString() };
  });
}
