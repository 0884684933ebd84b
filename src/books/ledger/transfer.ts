import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import type { AccountId } from './accounts.ts';
import { transfers } from './ledger.schema.ts';

/** One economic event: its kind, the id of what caused it, and the movements it is made of. */
export type Booking = {
  kind: (typeof transfers.$inferInsert)['kind'];
  sourceId: string;
  legs: { debit: AccountId; credit: AccountId; amountCents: bigint }[];
  bookedAt: Date;
};

/** Moves money once per (kind, sourceId, leg), all legs in one statement; legs of zero are left out. Repeating it changes nothing and returns false. */
export async function transfer(tx: Tx, { kind, sourceId, legs, bookedAt }: Booking): Promise<boolean> {
  const rows = legs
    .map((leg, n) => ({ id: newId(), kind, sourceId, leg: n + 1, bookedAt, ...leg }))
    .filter((row) => row.amountCents !== 0n);
  if (rows.length === 0) return false;
  const written = await tx.insert(transfers).values(rows).onConflictDoNothing().returning({ id: transfers.id });
  return written.length > 0;
}
