import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { transfer } from '#books/ledger/transfer.ts';
import { record } from '#ground/audit/record.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { nextMorning, promiseDigestsSql, promiseNotice } from '../members/promise-notice.ts';
import type { LockedLoan } from './lock-loan.ts';
import type { LoanStanding } from './math/terms.ts';
import { isPaid, workOut } from './math/work-out.ts';
import type { KeptLoan } from './read-history.ts';
import { repayAgain } from './repay-again.ts';
import { legsBetween } from './repayment-parts.ts';
import { toldRepaymentSql } from './told-part.ts';
import { compareStanding, type Differences, writeDifferences } from './write-differences.ts';

/**
 * What happened to a locked loan. `is`: the loan now. `was`: the loan before, where a repayment was reversed, moved or found late. `cause`: the id of what
 * happened, under which corrections are booked once.
 */
export type Event = { is: KeptLoan; was?: KeptLoan; standing?: LoanStanding; cause: string; now: Date };

/**
 * Recomputes a loan from its history and writes the differences to the tables and the ledger: what is paid of each instalment, penalties up to today, what each
 * repayment paid; what it pays beyond what is owed goes to savings. The loan closes or reopens, with a notice to borrower and treasurers. With `was`, each
 * repayment is split again (repay-again.ts); without it, a given `standing` is used. The loan is locked and was paid out.
 */
export async function workOutLoan(tx: Tx, loan: LockedLoan, { is, was, standing: known, cause, now }: Event): Promise<void> {
  const upTo = dayToWorkOut(loan, is, now);
  const standing = was ? await repayAgain(tx, loan, { was, is, upTo, now }) : (known ?? workOut(is, upTo));
  const found = compareStanding(is, standing);
  const state = isPaid(standing) ? 'closed' : 'active';
  if (state === loan.state && upTo === loan.workedOutTo && isNothing(found) && !was) return;

  await writeDifferences(tx, found, { loanId: loan.id, state, workedOutTo: upTo, now });
  const legs = legsBetween(loan, found.moved);
  if (legs.length > 0) await transfer(tx, { kind: 'repayment_corrected', sourceId: cause, legs, bookedAt: now });
  await recordChangedPenalties(tx, found, { loan, cause, now });
  if (found.charged.length > 0) await tellOfPenalties(tx, loan, now);
  const event = state === 'closed' ? 'loan_closed' : 'loan_reopened';
  if (state !== loan.state)
    await record(tx, { actor: 'malipo', action: event, subject: loan.id, before: loan.state, after: state, happenedAt: now });
  const shown = state === 'closed' && (await isTold(tx, loan)) ? 'closing' : state;
  const wasShown =
    loan.state === 'closed' && (was ?? is).repayments.some(({ told, amountCents }) => told && amountCents > 0n) ? 'closing' : loan.state;
  // the borrower of a loan that told money closed is notified once that money is proved (tell-closed.sql), and never if it did not come
  if (shown === 'closing' || shown === wasShown || (shown === 'active' && wasShown === 'closing')) return;
  await promiseNotice(tx, { event, subjectId: loan.id, cause, memberId: loan.memberId, treasurers: true, now });
}

/** The day up to which penalties are computed: today, or a later day up to which they are written already. */
export const dayToWorkOut = ({ workedOutTo }: LockedLoan, { penalties }: KeptLoan, now: Date): Day =>
  [nairobiDay(now), workedOutTo ?? '', ...penalties.map(({ chargedOn }) => chargedOn)].sort().at(-1) ?? '';

/** Read last: some of its money may have been proved meanwhile. */
async function isTold(tx: Tx, { id }: LockedLoan): Promise<boolean> {
  const [row] = await readRows(tx, z.object({ told: z.boolean() }), sql`select ${toldRepaymentSql(sql`${id}::uuid`)} as told`);
  return row?.told ?? false;
}

const isNothing = ({ instalments, charged, changed, repayments }: Differences): boolean =>
  [instalments, charged, changed, repayments].every(({ length }) => length === 0);

async function recordChangedPenalties(
  tx: Tx,
  { changed }: Differences,
  { loan, cause, now }: { loan: LockedLoan; cause: string; now: Date },
) {
  const amounts = changed.filter(({ before, after }) => before.amountCents !== after.amountCents);
  if (amounts.length === 0) return;
  const show = (which: 'before' | 'after') =>
    amounts.map(({ [which]: { number, period, amountCents } }) => ({ number, period, amountCents: amountCents.toString() }));
  const entry = { actor: 'malipo', action: 'penalties_changed', subject: loan.id, happenedAt: now };
  await record(tx, { ...entry, before: show('before'), after: { cause, penalties: show('after') } });
}

/** Promises the borrower a digest in the morning, as the nightly run does. */
const tellOfPenalties = (tx: Tx, { memberId }: LockedLoan, now: Date) =>
  tx.execute(promiseDigestsSql({ from: sql`(select ${memberId}::uuid as member_id) as charged`, ...nextMorning(now) }));
