import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { record } from '../audit/record.ts';
import { bigintText, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { draftCreditNote } from '../invoices/draft-credit-note.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import type { Deliver } from '../outbox/drain.ts';
import { leftInSuspenseSql } from '../paybill/left-in-suspense.ts';
import { splitRefund } from './split-refund.ts';

const Paid = z.object({
  kind: z.enum(['refund', 'reversal']),
  sourceAccount: z.string(),
  amountCents: bigintText,
  depositId: z.string(),
  paymentId: z.uuid().nullable(),
});

const Sold = z.object({
  lines: z.array(z.object({ kind: z.string(), grossCents: z.string(), vatClass: z.enum(['A', 'B', 'C', 'D', 'E']) })),
  vat: z.array(
    z.object({ vatClass: z.enum(['A', 'B', 'C', 'D', 'E']), basisPoints: z.number(), netCents: z.string(), vatCents: z.string() }),
  ),
  roundingCents: bigintText,
  invoiceId: z.uuid(),
  hasEmail: z.boolean(),
  language: z.enum(['en', 'sw']),
});

const WORDS = { en: 'Given back', sw: 'Pesa zilizorudishwa' };

/**
 * Says the message `refund_paid`: what was given back of a sale comes off sales and VAT by a credit note, and the payment is `refunded`, or `reversed`, and so
 * is one that paid a loan before it was taken back out of it. Money that never was a sale (a surplus, suspense) needs no credit note. One transaction, safe to call twice.
 */
export const closeRefund: Deliver<'refund_paid'> = async (app: App, { payoutId }) => {
  const now = app.clock.now();
  await app.db.transaction(async (tx) => {
    const refund = await lockPaid(tx, payoutId);
    if (!refund) return;
    const { kind, paymentId, amountCents } = refund;
    const status = kind === 'reversal' ? 'reversed' : 'refunded';
    if (refund.sourceAccount === ACCOUNTS.refunds && paymentId) {
      const first = await creditSale(tx, { payoutId, paymentId, amountCents, now });
      if (!first) return;
      await tx.execute(sql`update payments set status = ${status} where id = ${paymentId}::uuid`);
    }
    if (refund.sourceAccount === ACCOUNTS.suspense) await tx.execute(markTakenBackSql(refund.depositId, status));
    await record(tx, {
      actor: 'safaricom',
      action: `${kind}_paid`,
      subject: payoutId,
      after: { paymentId, depositId: refund.depositId },
      happenedAt: now,
    });
    await tx.execute(sql`select from deposits where id = ${refund.depositId}::uuid for update`); // what is taken back into it meanwhile waits, and is seen
    await tx.execute(sql`update reviews set closed_at = ${now.toISOString()}::timestamptz, closed_by = 'safaricom', note = 'given back'
      where closed_at is null and subject = ${refund.depositId} and kind in ('surplus_payment', 'unidentified_deposit', 'underpaid_deposit')
        and not exists (select from payouts where subject = ${refund.depositId} and state in ('requested', 'approved', 'partly_paid'))
        and (kind = 'surplus_payment' or ${leftInSuspenseSql(sql`${refund.depositId}::uuid`)} = 0)`);
  });
  return undefined;
};

/** What a deposit had paid of loans and was taken back out of them: its payments have given their money back. */
const markTakenBackSql = (depositId: string, status: string) => sql`
  update payments p set status = ${status}
  from (
    select payment_id, id::text as source_id from deposits where id = ${depositId}::uuid
    union all select payment_id, id::text from matches where deposit_id = ${depositId}::uuid
  ) paid
  where p.id = paid.payment_id and p.counted_deposit_id = ${depositId}::uuid and p.status = 'paid'
    and exists (select from repayments r where r.source_id = paid.source_id and r.reversed_at is not null)`;

async function lockPaid(tx: Tx, payoutId: string) {
  const [row] = await readRows(
    tx,
    Paid,
    sql`
    select p.kind, p.source_account as "sourceAccount", p.amount_cents as "amountCents", p.subject as "depositId", p.payment_id as "paymentId"
    from payouts p where p.id = ${payoutId}::uuid and p.state = 'paid' for update of p`,
  );
  return row;
}

/** Books the credit note; false when it was booked before. */
async function creditSale(tx: Tx, refund: { payoutId: string; paymentId: string; amountCents: bigint; now: Date }): Promise<boolean> {
  const [sold] = await readRows(
    tx,
    Sold,
    sql`
    select p.lines, i.vat, p.amount_cents - p.owed_cents as "roundingCents", i.id as "invoiceId", p.email is not null as "hasEmail", p.language
    from payments p join invoices i on i.payment_id = p.id and i.kind <> 'credit_note' where p.id = ${refund.paymentId}::uuid`,
  );
  if (!sold) throw new Error('A sale was given back that has no invoice.');
  const { legs, lines, vat, roundingCents } = splitRefund(
    refund.amountCents,
    sold.lines,
    sold.vat,
    sold.roundingCents,
    WORDS[sold.language],
  );
  if (!(await transfer(tx, { kind: 'credit_note', sourceId: refund.payoutId, legs, bookedAt: refund.now }))) return false;
  const totalCents = refund.amountCents - roundingCents;
  const { invoiceId, hasEmail } = sold;
  await draftCreditNote(tx, {
    cause: refund.payoutId,
    invoiceId,
    paymentId: refund.paymentId,
    lines,
    vat,
    totalCents,
    roundingCents,
    hasEmail,
    now: refund.now,
  });
  return true;
}
