import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { splitByWeights } from '#ground/money/cents.ts';
import { bookGivenTwice } from '../payouts/book-given-twice.ts';

const Left = z.object({ account: z.enum([ACCOUNTS.counterSales, ACCOUNTS.vatPayable]), cents: bigintText });

/**
 * Takes a refund of a counter sale off sales and VAT, in proportion. There was no invoice, so there is no credit note. What exceeds the rest of the sale is a
 * receivable with a task. Lock the deposit first; safe to call twice.
 */
export async function takeOffCounterSale(
  tx: Tx,
  { payoutId, depositId, amountCents, now }: { payoutId: string; depositId: string; amountCents: bigint; now: Date },
): Promise<void> {
  const [booked] = await readRows(
    tx,
    z.object({ before: z.boolean() }),
    sql`select exists (select from transfers where kind in ('credit_note', 'given_twice') and source_id = ${payoutId}) as before`,
  );
  if (booked?.before) return;
  const left = await readRows(tx, Left, sql`select account, cents from over_counter_2(${depositId}::uuid)`);
  const stands = left.reduce((sum, { cents }) => sum + cents, 0n);
  const takenCents = amountCents < stands ? amountCents : stands;
  const parts =
    takenCents > 0n
      ? splitByWeights(
          takenCents,
          left.map(({ cents }) => cents),
        )
      : [];
  const legs = left.map(({ account }, at) => ({ debit: account, credit: ACCOUNTS.refunds, amountCents: parts[at] ?? 0n }));
  await transfer(tx, { kind: 'credit_note', sourceId: payoutId, legs, bookedAt: now });
  if (amountCents > takenCents) await bookGivenTwice(tx, { payoutId, from: ACCOUNTS.refunds, excessCents: amountCents - takenCents, now });
}
