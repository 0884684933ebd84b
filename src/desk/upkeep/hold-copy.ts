import { markHeldSql } from '#ground/db/detached.ts';
import { inOneBatch } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { holdCopiedBulk } from '#mpesa/payouts/bulk/hold-copied-bulk.ts';
import { holdCopiedPayouts } from '#mpesa/payouts/hold-copied.ts';
import { holdCopiedAccess } from '#people/auth/hold-copied-access.ts';
import { type InvoiceNumber, skipNumbersSql } from '#shop/invoices/skip-numbers.ts';

/**
 * Makes a copy of what was at `asOf` safe to claim: payouts are held (hold-copied.ts), keys are revoked and sessions end, and the next invoice number of each series is above the last that was mailed since.
 * Safe to repeat.
 */
export async function holdCopy(db: Db, { asOf, lastNumbers, now }: { asOf: Date; lastNumbers: InvoiceNumber[]; now: Date }): Promise<void> {
  await inOneBatch(db, [
    ...holdCopiedPayouts({ asOf, now }),
    ...holdCopiedBulk(now),
    ...holdCopiedAccess(now),
    ...lastNumbers.map((number) => skipNumbersSql(number, now)),
    markHeldSql(now),
  ]);
}
