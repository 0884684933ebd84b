import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '../call.ts';
import { bigintText, instant, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { shillings } from '../money/cents.ts';
import { least } from '../money/least.ts';
import { recordByHand } from '../payouts/record-by-hand.ts';
import { readPlaces, spreadGivenBack } from './spread-given-back.ts';

const Line = z.object({ receipt: z.string(), cents: bigintText, movedAt: instant });

/**
 * Books what signed statements show as given back in the portal of a deposit that is not given back whole, as refunds of those parts: out of the customer's credit, suspense
 * or the sale, with its credit note (of a counter sale, which had no invoice, without one). The rest is free again. Ask under the deposit's lock. Throws `refund_too_large` where less stands there.
 */
export async function giveBackParts(
  tx: Tx,
  { depositId, cents, reason, call, now }: { depositId: string; cents: bigint; reason: string; call: Call; now: Date },
): Promise<void> {
  const places = await readPlaces(tx, depositId);
  let left = cents;
  for (const line of await readLines(tx, depositId)) {
    for (const { account, paymentId, cents: amountCents } of spreadGivenBack(places, least(line.cents, left))) {
      const { id } = call.caller;
      await recordByHand(tx, {
        ...{ reason, sourceAccount: account, amountCents, portalReceipt: line.receipt, movedAt: line.movedAt },
        ...{ kind: 'refund', subject: depositId },
        ...{ paymentId: paymentId ?? undefined, requestedBy: id, requestedAt: now, decidedBy: id, now, from: ACCOUNTS.receivables },
      });
      left -= amountCents;
    }
  }
  if (left > 0n) throw new AppError('refund_too_large', sayElsewhere(left), { depositId });
}

const sayElsewhere = (cents: bigint): string =>
  `KES ${shillings(cents)} of what was given back stands in no sale, surplus or suspense any more. Did it repay a loan? Take the repayment back first (POST /api/repayments/<id>/reverse): then it stands in suspense, and what is left of it can be matched to the loan again. Did it go to savings or a booking? Reverse the rest in the portal as well, and have the statement with it signed: then all of it can be taken back. Was it given back before? Whoever got it twice owes it: receivables has it.`;

/** The lines that show it, those first that are not booked yet; the same line stands in overlapping statements. */
const readLines = (tx: Tx, depositId: string) =>
  readRows(
    tx,
    Line,
    sql`
    select l.receipt, l.amount_cents as cents, l.completed_at as "movedAt" from (
      select distinct x.receipt, x.amount_cents, x.completed_at from deposits d join statement_lines x on coalesce(x.linked_receipt, x.receipt) = d.receipt
        join statements s on s.id = x.statement_id and s.shortcode = coalesce(d.shortcode, s.shortcode)
      where d.id = ${depositId}::uuid and x.finding = 'reversed' and x.direction = 'out' and x.verdict is not null) l
    order by exists (select from payouts o where o.subject = ${depositId}::text and o.portal_receipt = l.receipt), l.completed_at, l.receipt`,
  );
