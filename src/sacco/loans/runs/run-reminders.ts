import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '#ground/db/types.ts';
import { closeRun, type Progress, runChunks } from '#ground/runs/run-chunks.ts';
import type { Day } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { digestKeySql, duringDay, promiseDigestsSql } from '../../members/promise-notice.ts';
import { chunkSettings, moveOnSql, nextLoansSql, type Piece, readProgress } from './next-loans.ts';
import { remindedDays } from './reminded-days.ts';

const LOANS_AT_ONCE = 10_000;

/**
 * Promises the reminders of a day, one digest per member and channel. From 20:00 on nothing more is promised: the next day has its own
 * reminders. Stops at the deadline and resumes there next time; safe to call twice and two at once.
 */
export async function runReminders(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  on: Day,
  deadline: Date,
  size = LOANS_AT_ONCE,
): Promise<Progress> {
  const dueAt = duringDay(on, clock.now());
  const piece = { job: 'reminders', asOf: on, size } as const;
  const chunk = async () => (dueAt ? remindChunk(db, { ...piece, now: clock.now(), dueAt }) : closeRun({ db, clock }, piece));
  return runChunks({ db, clock }, { ...piece, chunk }, deadline);
}

/** Promises a day's digests to those borrowers of the run's next loans who are to be reminded, and advances the run, in one statement. */
async function remindChunk(db: Db, piece: Piece & { dueAt: Date }): Promise<Progress> {
  const [, done] = await db.batch([db.execute(chunkSettings), db.execute(remindSql(piece))]);
  return readProgress(done.rows);
}

function remindSql({ dueAt, ...piece }: Piece & { dueAt: Date }): SQL {
  const { days, upTo } = remindedDays(piece.asOf);
  const from = upTo === null ? sql`${days.toSorted()[0]}::date` : sql`'-infinity'::date`;
  const told = sql`due_on >= ${from} and due_on <= ${days.toSorted().at(-1)}::date and (due_on = any(${sql.param(days)}::date[]) or due_on <= ${upTo}::date)`;
  // In the first round only borrowers charged last night have a digest already: checking would cost more than it saves.
  const isNew = sql`((select rounds from place) = 1 or not exists (select from outbox where dedupe_key = ${digestKeySql(sql`c.member_id`, piece.asOf, sql`'sms'`)}))`;
  return sql`
  with ${nextLoansSql(piece)},
  written as (${promiseDigestsSql({
    from: sql`chunk c where ${isNew} and (
      exists (select from instalments where loan_id = c.id and unpaid_cents > 0 and ${told})
      or exists (select from penalties p join instalments i using (loan_id, number) where p.loan_id = c.id and p.amount_cents > p.paid_cents + p.waived_cents and ${told}))`,
    on: piece.asOf,
    dueAt,
  })} returning 1),
  ${moveOnSql(piece)}`;
}
