import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../db/types.ts';
import { promiseDigestsSql } from '../notify/promise-digests.ts';
import type { Progress } from '../runs/run-chunks.ts';
import { moveOnSql, nextLoansSql, type Piece, readProgress } from './next-loans.ts';
import { remindedDays } from './reminded-days.ts';

/** Promises the digests of a day to the borrowers of the next loans of a run who are to be reminded, and moves the run on, in one statement. */
export async function remindChunk(db: Db, piece: Piece & { dueAt: Date }): Promise<Progress> {
  const done = await db.execute(remindSql(piece));
  return readProgress(done.rows);
}

export function remindSql({ dueAt, ...piece }: Piece & { dueAt: Date }): SQL {
  const { days, upTo } = remindedDays(piece.asOf);
  const from = upTo === null ? sql`${days.toSorted()[0]}::date` : sql`'-infinity'::date`;
  const told = sql`due_on >= ${from} and due_on <= ${days.toSorted().at(-1)}::date and (due_on = any(${sql.param(days)}::date[]) or due_on <= ${upTo}::date)`;
  return sql`
  with ${nextLoansSql(piece)},
  written as (${promiseDigestsSql({
    from: sql`chunk c where exists (select from instalments where loan_id = c.id and unpaid_cents > 0 and ${told})
      or exists (select from penalties p join instalments i using (loan_id, number) where p.loan_id = c.id and p.amount_cents > p.paid_cents + p.waived_cents and ${told})`,
    on: piece.asOf,
    dueAt,
  })} returning 1),
  ${moveOnSql(piece)}`;
}
