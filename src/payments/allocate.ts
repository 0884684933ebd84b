import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { bigintText, instant, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import { openReview } from '../reviews/open-review.ts';
import type { SettledPayment } from './purpose.ts';

const Waiting = z.object({
  id: z.uuid(),
  reference: z.string(),
  purpose: z.string(),
  lines: z.unknown(),
  owedCents: bigintText,
  amountCents: bigintText,
  hasEmail: z.boolean(),
  counted: z.boolean(),
  depositId: z.uuid(),
  depositCents: bigintText,
  settledAt: instant,
});

/**
 * Books a settled deposit to its payment's purpose: clearing is empty again. The second deposit of one payment becomes a credit to refund, never dropped.
 * One transaction, safe to call twice.
 */
export function allocate(app: Pick<App, 'db' | 'purposes' | 'clock'>, depositId: string): Promise<'allocated' | 'nothing to do'> {
  const now = app.clock.now();
  return app.db.transaction(async (tx) => {
    const payment = await lockWaiting(tx, depositId);
    if (!payment) return 'nothing to do';
    const purpose = app.purposes[payment.purpose];
    if (!payment.counted) await bookSurplus(tx, payment, now);
    else if (purpose) await purpose.allocate(tx, payment, now);
    else throw new Error(`No purpose "${payment.purpose}" is wired in: see src/app.ts.`);
    await tx.execute(
      sql`update deposits set allocated_at = ${now.toISOString()}::timestamptz, allocation_due_at = null where id = ${depositId}::uuid`,
    );
    return 'allocated';
  });
}

async function lockWaiting(tx: Tx, depositId: string) {
  const [row] = await readRows(
    tx,
    Waiting,
    sql`
    select p.id, p.reference, p.purpose, p.lines, p.owed_cents as "owedCents", p.amount_cents as "amountCents", p.email is not null as "hasEmail",
      p.counted_attempt_id = d.attempt_id as counted, d.id as "depositId", d.amount_cents as "depositCents", d.settled_at as "settledAt"
    from payments p join deposits d on d.payment_id = p.id
    where d.id = ${depositId}::uuid and d.allocated_at is null
    for update of p, d`,
  );
  return row;
}

async function bookSurplus(tx: Tx, payment: SettledPayment & { depositCents: bigint }, now: Date): Promise<void> {
  const leg = { debit: ACCOUNTS.clearing, credit: ACCOUNTS.customerCredit, amountCents: payment.depositCents };
  await transfer(tx, { kind: 'surplus', sourceId: payment.depositId, legs: [leg], bookedAt: now });
  await openReview(tx, { kind: 'surplus_payment', subject: payment.depositId, openedAt: now });
}
