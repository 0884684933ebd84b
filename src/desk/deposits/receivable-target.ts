import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { owedSql } from './owed.ts';

/** What somebody owes us because more was given back than there was: by the payout that gave it, or the deposit that was taken back. */
export type ReceivableTarget = { receivableId: string; reference: string; owedCents: bigint; amountCents: bigint | undefined };

const Owed = z.object({ cents: bigintText, reference: z.string().nullable(), payeeHash: z.string().nullable() });

/**
 * Finds what is still owed under a payout or a deposit, and keeps others from booking its return meanwhile. Nobody matches money of somebody else's to what they owe
 * themselves. Throws `unknown_reference`, `amount_mismatch`, `own_account`.
 */
export async function openReceivable(
  tx: Tx,
  receivableId: string,
  amountCents: bigint | undefined,
  caller: Caller,
): Promise<ReceivableTarget> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('receivable:' || ${receivableId}::text, 0))`);
  const [owed] = await readRows(
    tx,
    Owed,
    sql`
    select ${owedSql(receivableId)} as cents,
      coalesce(p.reference, d.receipt) as reference, coalesce(p.phone_hash, d.payer_hash) as payee_hash
    from (select) as always left join payouts p on p.id = ${receivableId}::uuid left join deposits d on d.id = ${receivableId}::uuid`,
  );
  const cents = owed?.cents ?? 0n;
  if (!owed || cents <= 0n)
    throw new AppError('unknown_reference', 'Nothing is owed to us under this id: it is the subject of the task that says so.');
  if (owed.payeeHash !== null && owed.payeeHash === caller.person?.phoneHash)
    throw new AppError('own_account', 'You owe this yourself: somebody else has to match money to it.');
  if (amountCents !== undefined && amountCents > cents) throw tooMuch(cents);
  return { receivableId, reference: owed.reference ?? receivableId, owedCents: cents, amountCents };
}

/** What it is refused with where more is matched than is owed. */
export const tooMuch = (owedCents: bigint): AppError =>
  new AppError('amount_mismatch', `${kes(owedCents)} is still owed: match no more than that to it. What is left stays in suspense.`, {
    owed: shillings(owedCents),
  });

/** Closes the tasks that ask for it. Call it where nothing is owed any more. */
export const closeReceivableSql = (receivableId: string, by: string, now: Date) =>
  closeTasksSql({
    ...{ kinds: ['refund_exceeds_payment', 'taken_back_short'], subjects: [receivableId] },
    ...{ closedAt: now, closedBy: by, note: 'It was given back.' },
  });
