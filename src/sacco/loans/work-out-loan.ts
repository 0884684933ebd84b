import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { transfer } from '#books/ledger/transfer.ts';
import { record } from '#ground/audit/record.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { nextMorning, promiseDigestsSql } from '#ground/notify/promise-digests.ts';
import { promiseNotice } from '#ground/notify/promise-notice.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { toldRepaymentSql } from '#mpesa/payments/told-part.ts';
import { compareStanding, type Differences } from './compare-standing.ts';
import type { LockedLoan } from './lock-loan.ts';
import type { LoanHistory } from './math/terms.ts';
import { isPaid, workOut } from './math/work-out.ts';
import { readHistory } from './read-history.ts';
import { readRecorded } from './read-recorded.ts';
import { repayAgain } from './repay-again.ts';
import { legsBetween } from './repayment-parts.ts';
import { writeDifferences } from './write-differences.ts';

/**
 * Makes the tables and the ledger say what the history of a loan says: what is paid of each instalment, its penalties up to today, what each repayment paid; what a
 * repayment has taken and the loan has no use for any more is saved. The loan closes or opens again, and its borrower and the treasurers are told. `cause` is the id
 * of what happened, under which corrections are booked once; `before` is how the loan stood where a repayment was undone, moved or put in before others since: then those take what
 * they would have taken. The loan is locked and was paid out.
 */
export async function workOutLoan(
  tx: Tx,
  loan: LockedLoan,
  { cause, now, before }: { cause: string; now: Date; before?: Before },
): Promise<void> {
  const known = await readHistory(tx, loan.id);
  const history = before ? await repayAgain(tx, loan, { was: before.history, is: known, now }) : known;
  const wasShown = before?.shown ?? (await shownState(tx, loan));
  const recorded = await readRecorded(tx, loan.id);
  const days = [nairobiDay(now), loan.workedOutTo ?? '', ...recorded.penalties.map(({ chargedOn }) => chargedOn)];
  const upTo = days.sort().at(-1) ?? '';
  const standing = workOut(history, upTo);
  const found = compareStanding(recorded, standing);
  const state = isPaid(standing) ? 'closed' : 'active';
  if (state === loan.state && upTo === loan.workedOutTo && isNothing(found) && !before) return;

  await writeDifferences(tx, found, { loanId: loan.id, state, workedOutTo: upTo, now });
  const legs = legsBetween(loan, found.moved);
  if (legs.length > 0) await transfer(tx, { kind: 'repayment_corrected', sourceId: cause, legs, bookedAt: now });
  await recordChangedPenalties(tx, found, { loan, cause, now });
  if (found.charged.length > 0) await tellOfPenalties(tx, loan, now);
  const event = state === 'closed' ? 'loan_closed' : 'loan_reopened';
  if (state !== loan.state)
    await record(tx, { actor: 'malipo', action: event, subject: loan.id, before: loan.state, after: state, happenedAt: now });
  const shown = await shownState(tx, { ...loan, state });
  // of a loan that told money closes, its borrower is told when that is proved (tell-closed.sql); nor are they told that it is open again if that never came
  if (shown === 'closing' || shown === wasShown || (shown === 'active' && wasShown === 'closing')) return;
  await promiseNotice(tx, { event, subjectId: loan.id, cause, memberId: loan.memberId, treasurers: true, now });
}

/** How a loan stands before its repayments change: its history, and its state as it is shown. */
export type Before = { history: LoanHistory; shown: string };

/** Reads that. Under the loan's lock. */
export const readBefore = async (tx: Tx, loan: LockedLoan): Promise<Before> => ({
  history: await readHistory(tx, loan.id),
  shown: await shownState(tx, loan),
});

/** The state of a loan, `closing` where told money has closed it. */
async function shownState(tx: Tx, { id, state }: Pick<LockedLoan, 'id' | 'state'>): Promise<string> {
  if (state !== 'closed') return state;
  const [row] = await readRows(tx, z.object({ told: z.boolean() }), sql`select ${toldRepaymentSql(sql`${id}::uuid`)} as told`);
  return row?.told ? 'closing' : state;
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

/** As the nightly run does. */
const tellOfPenalties = (tx: Tx, { memberId }: LockedLoan, now: Date) =>
  tx.execute(promiseDigestsSql({ from: sql`(select ${memberId}::uuid as member_id) as charged`, ...nextMorning(now) }));
