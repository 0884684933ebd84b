import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { newId } from '#ground/db/columns.ts';
import { instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { lockLoan, valueDate, wasLent } from './lock-loan.ts';
import { readKept } from './read-history.ts';
import { workOutLoan } from './work-out-loan.ts';

const Repaid = z.object({ loanId: z.uuid(), valueAt: instant });

/**
 * Handles `repayments_moved`: M-PESA's time of a deposit was corrected (tell-moved.sql), so each loan that it repaid is recomputed with the
 * right day. Safe to call twice.
 */
export const moveRepayments: Deliver<'repayments_moved'> = ({ db, clock }, { depositId }) =>
  db.transaction(async (tx) => {
    const statement = sql`
    select distinct r.loan_id, coalesce(d.moved_at, d.settled_at) as value_at from repayments r join deposits d on d.id = r.deposit_id
    where d.id = ${depositId}::uuid and r.reversed_at is null order by r.loan_id`;
    for (const repaid of await readRows(tx, Repaid, statement)) await moveInside(tx, depositId, repaid, clock.now());
    return undefined;
  });

async function moveInside(tx: Tx, depositId: string, { loanId, valueAt }: z.output<typeof Repaid>, now: Date): Promise<void> {
  const loan = await lockLoan(tx, loanId);
  if (!loan) throw new Error('A repayment was paid for a loan that is not there.');
  const was = await readKept(tx, loan.id);
  const at = valueDate(loan, valueAt);
  const moved = await readRows(
    tx,
    z.object({ id: z.uuid() }),
    sql`
    update repayments set received_at = ${instantSql(at)}
    where loan_id = ${loanId}::uuid and deposit_id = ${depositId}::uuid and reversed_at is null and received_at <> ${instantSql(at)}
    returning id`,
  );
  const ids = moved.map(({ id }) => id);
  const is = { ...was, repayments: was.repayments.map((one) => (ids.includes(one.id) ? { ...one, receivedAt: at } : one)) };
  if (moved.length > 0 && wasLent(loan)) await workOutLoan(tx, loan, { is, was, cause: newId(), now });
}
