import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';

const Refuted = z.object({ id: z.uuid(), refuted: z.boolean(), takenBack: z.boolean() });

/** What to do about money that was refuted: it is said wherever somebody wants to give it back or to pay with it. */
function refuseRefuted({ id, takenBack }: z.output<typeof Refuted>): never {
  const words = takenBack
    ? 'This money never came: it was refuted and has been taken back. Nothing of it is left to give back or to match.'
    : `Safaricom does not have this money: it was refuted, and waiting does not change that. Take it back: POST /api/deposits/${id}/take-back with {"reason": "..."}.`;
  throw new AppError('deposit_refuted', words, { depositId: id });
}

/** Refuses to let the money of these deposits leave before it is proved: throws `deposit_refuted`, `receipt_unconfirmed`. Ask under their locks. */
export async function requireConfirmed(tx: Tx, depositIds: string[]): Promise<void> {
  const statement = sql`
  select d.id, d.refuted_at is not null as refuted, d.taken_back_at is not null as "takenBack" from deposits d
  where d.id = any(${sql.param(depositIds)}::uuid[]) and (d.confirmed_at is null or d.refuted_at is not null) order by d.id = ${depositIds[0] ?? null}::uuid desc, d.id`;
  const [row] = await readRows(tx, Refuted, statement);
  if (row?.refuted) refuseRefuted(row);
  if (row)
    throw new AppError(
      'receipt_unconfirmed',
      'Nothing has proved yet that this money came, so it cannot leave again. Safaricom is being asked: try again in some minutes.',
    );
}

/** Refuses to match money that was refuted, or that somebody has given back in Safaricom's portal: throws `deposit_refuted`, `reversed_elsewhere`. */
export async function requireThere(tx: Tx, depositId: string): Promise<void> {
  const statement = sql`select id, refuted_at is not null as refuted, taken_back_at is not null as "takenBack" from deposits where id = ${depositId}::uuid`;
  const [deposit] = await readRows(tx, Refuted, statement);
  if (deposit?.refuted) refuseRefuted(deposit);
  await requireNotReversed(tx, depositId);
}

/** Refuses to let a deposit's money leave that somebody has given back in Safaricom's portal: throws `reversed_elsewhere`. Ask under its lock. */
export async function requireNotReversed(tx: Tx, depositId: string): Promise<void> {
  const statement = sql`select reversal_receipt as receipt from deposits where id = ${depositId}::uuid and reversed_elsewhere_at is not null`;
  const [reversed] = await readRows(tx, z.object({ receipt: z.string().nullable() }), statement);
  if (reversed) throw new AppError('reversed_elsewhere', REVERSED_ELSEWHERE, { receipt: reversed.receipt ?? '' });
}

/** What to do about money that somebody has given back in the portal. */
export const REVERSED_ELSEWHERE =
  "A signed statement shows that somebody gave this money back in Safaricom's portal: it does not leave a second time. Take it back (POST /api/deposits/<id>/take-back).";

/** True of a payout that would give money back, or pay it on, that somebody has given back in the portal. `payout` is its row's name in the statement. */
export const reversedElsewhereSql = (payout: SQL): SQL => sql`exists (
  select from deposits d where d.reversed_elsewhere_at is not null and ${payout}.kind in ('refund', 'reversal', 'payment')
    and (d.id::text = ${payout}.subject or d.id = (select c.counted_deposit_id from payments c where c.id::text = ${payout}.subject)))`;
