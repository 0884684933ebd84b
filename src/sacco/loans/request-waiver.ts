import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { answerOnce } from '#ground/idempotency/answer-once.ts';
import { shillings } from '#ground/money/cents.ts';
import { line } from '#ground/text/line.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { waivers } from './loans.schema.ts';
import { waivable } from './math/waivable.ts';
import { readHistory } from './read-history.ts';

/** Which penalty of a loan (its instalment and period of lateness), how much of it (by default all that is unpaid), and why. */
export const RequestWaiverInput = z.strictObject({
  id: z.uuid(),
  instalment: z.number().int().min(1),
  period: z.number().int().min(1).default(1),
  amount: z
    .number()
    .positive()
    .max(10_000_000)
    .multipleOf(0.01)
    .transform((amount) => BigInt(Math.round(amount * 100)))
    .optional(),
  reason: line(2, 200),
});

/**
 * Requests that a penalty, or a part of it, is waived; nothing changes until another person decides. Repeated with the same Idempotency-Key
 * it answers the same bytes. Throws `loan_not_found`, `penalty_not_found`, `waiver_too_large`.
 */
export function requestWaiver(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id: loanId, instalment: number, period, amount, reason }: z.output<typeof RequestWaiverInput>,
  { caller, requestId, key }: Call,
) {
  const now = clock.now();
  const id = newId();
  return answerOnce(db, { key, id, now }, async (tx) => {
    const [loan] = await readRows(tx, z.object({ reference: z.string() }), sql`select reference from loans where id = ${loanId}::uuid`);
    if (!loan) throw new AppError('loan_not_found', 'There is no such loan.');
    const amountCents = waivable(await readHistory(tx, loanId), { number, period, amountCents: amount }, nairobiDay(now));
    const asked = { loanId, number, period, amountCents, reason, state: 'requested', requestedBy: caller.id, requestedAt: now } as const;
    await tx.insert(waivers).values({ id, ...asked });
    const after = { loanId, instalment: number, period, amount: shillings(amountCents) };
    await record(tx, { actor: caller.id, action: 'waiver_requested', subject: id, after, requestId, happenedAt: now });
    await promiseNotice(tx, { event: 'waiver_requested', subjectId: id, memberId: null, treasurers: true, now });
    return { waiverId: id, ...after, reference: loan.reference, state: 'requested' };
  });
}
