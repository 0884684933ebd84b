import { type Booking, transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import { unmatches } from './payments.schema.ts';

/** Money of a deposit that leaves what it paid: how much, by which movements into suspense, and who says so. */
type Unmatch = { depositId: string; amountCents: bigint; legs: Booking['legs']; by: string; now: Date };

/** Puts money of a deposit back into suspense, to be matched elsewhere or refunded. The deposit is locked. Returns the id, which is the transfers' source. */
export async function bookUnmatch(tx: Tx, { depositId, amountCents, legs, by, now }: Unmatch): Promise<string> {
  const id = newId();
  await tx.insert(unmatches).values({ id, depositId, amountCents, unmatchedBy: by, unmatchedAt: now });
  await transfer(tx, { kind: 'unmatch', sourceId: id, legs, bookedAt: now });
  return id;
}
