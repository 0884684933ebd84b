import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { transfer } from '#books/ledger/transfer.ts';
import { record } from '#ground/audit/record.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { nextMorning, promiseDigestsSql } from '../members/promise-digests.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { compareStanding, type Differences } from './compare-standing.ts';
import type { LockedLoan } from './lock-loan.ts';
import type { LoanHistory } from './math/terms.ts';
import { isPaid, workOut } from './math/work-out.ts';
import { readHistory } from './read-history.ts';
import { readRecorded } from './read-recorded.ts';
import { repayAgain } from './repay-again.ts';
import { legsBetween } from './repayment-parts.ts';
import { toldRepaymentSql } from './told-part.ts';
import { writeDifferences } from './write-differences.ts';

/**
 * Recomputes a loan from its history and writes the differences to the tables and the ledger: what is paid of each instalment, penalties up
 * to today, what each repayment paid; what it pays beyond what is owed is saved. The loan closes or reopens, with a notice to borrower and
 * treasurers. `cause` is the id of the event, under which corrections are booked once. `before` is given where a repayment was reversed,
 * moved or inserted before others: those then pay what they would have paid. The loan is locked and was paid out.
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
  // a loan closed by told money notifies its borrower once that is proved (tell-closed.sql), and not at all if that money never came
  if (shown === 'closing' || shown === wasShown || (shown === 'active' && wasShown === 'closing')) return;
  await promiseNotice(tx, { event, subjectId: loan.id, cause, memberId: loan.memberId, treasurers: true, now });
}

/** A loan before its repayments change: its history, and its state as shown. */
export type Before = { history: LoanHistory; shown: string };

/** Reads it. The loan is locked. */
export const readBefore = async (tx: Tx, loan: LockedLoan): Promise<Before> => ({
  history: await readHistory(tx, loan.id),
  shown: await shownState(tx, loan),
});

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

/** Promises the borrower a digest in the morning, as the nightly run does. */
const tellOfPenalties = (tx: Tx, { memberId }: LockedLoan, now: Date) =>
  tx.execute(promiseDigestsSql({ from: sql`(select ${memberId}::uuid as member_id) as charged`, ...nextMorning(now) }));
