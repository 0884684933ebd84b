import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { waivers } from './loans.schema.ts';
import { requireOtherThan } from './lock-application.ts';
import { type LockedLoan, lockLoan } from './lock-loan.ts';
import { waivable } from './math/waivable.ts';
import { readKept } from './read-history.ts';
import { workOutLoan } from './work-out-loan.ts';

/** Which waiver, and whether it is approved or declined. */
export const DecideWaiverInput = z.strictObject({ id: z.uuid(), decision: z.enum(['approve', 'decline']) });

const WAIVER = pick(waivers, 'w', ['id', 'number', 'period', 'amountCents', 'state', 'requestedBy']);

/**
 * Approves or declines a waiver, once: by somebody other than who requested it, and never by the borrower. An approved waiver recomputes the loan and notifies
 * its borrower. Throws `waiver_not_found`, `second_person_needed`, `own_loan`, `waiver_decided`, and `waiver_too_large` when less is unpaid by now.
 */
export function decideWaiver(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, decision }: z.output<typeof DecideWaiverInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const { loan, waiver } = await lockWaiver(tx, id);
    requireOtherThan(loan, caller);
    if (waiver.requestedBy === caller.id)
      throw new AppError('second_person_needed', 'A second person has to decide this waiver: the person who requested it may not.', {
        waiverId: id,
      });
    if (waiver.state !== 'requested')
      throw new AppError('waiver_decided', `This waiver is ${waiver.state} already: it is decided once.`, { waiverId: id });
    const kept = decision === 'approve' ? await readKept(tx, loan.id) : undefined;
    if (kept) waivable(kept, waiver, nairobiDay(now));
    const state = decision === 'approve' ? 'approved' : 'declined';
    await tx.execute(sql`
    update waivers set state = ${state}, decided_by = ${caller.id}, decided_at = ${instantSql(now)} where id = ${id}::uuid`);
    const after = { state, loanId: loan.id, amount: shillings(waiver.amountCents) };
    await record(tx, { actor: caller.id, action: `waiver_${state}`, subject: id, before: waiver.state, after, requestId, happenedAt: now });
    if (kept) {
      const { number, period, amountCents } = waiver;
      const is = { ...kept, waivers: [...kept.waivers, { id, grantedAt: now, number, period, amountCents }] };
      await workOutLoan(tx, loan, { is, cause: id, now });
      await promiseNotice(tx, { event: 'penalty_waived', subjectId: id, memberId: loan.memberId, treasurers: true, now });
    }
    return { waiverId: id, state, amount: shillings(waiver.amountCents) };
  });
}

/** Locks the loan first; the waiver is read in a later statement, which sees a decision that was made while we waited. */
async function lockWaiver(tx: Tx, id: string): Promise<{ loan: LockedLoan; waiver: z.output<typeof WAIVER.row> }> {
  const [found] = await readRows(tx, z.object({ loanId: z.uuid() }), sql`select loan_id from waivers where id = ${id}::uuid`);
  const loan = found && (await lockLoan(tx, found.loanId));
  const [waiver] = await readRows(tx, WAIVER.row, sql`select ${WAIVER.list} from waivers w where w.id = ${id}::uuid`);
  if (!loan || !waiver) throw new AppError('waiver_not_found', 'There is no such waiver.');
  return { loan, waiver };
}
