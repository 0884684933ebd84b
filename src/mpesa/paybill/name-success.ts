import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { bigintText, instant, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '../wiring/app.ts';
import { recordedReceipts } from './recorded-receipts.schema.ts';
import { refuseKnownReceipt } from './refuse-known-receipt.ts';
import { requireItsDay } from './require-its-day.ts';
import { settleRecorded } from './settle-recorded.ts';

const Nameless = z.object({
  ...{ amountCents: bigintText, shortcode: z.string().nullable(), movedAt: instant, receipt: z.string().nullable() },
  reference: z.string().nullable(),
});

type Naming = { id: string; receipt: string; depositId: string; reason: string };

/**
 * Gives a payment that is booked without a receipt the one that a person found. It books nothing: the payment is proved already, and the receipt is proved as any
 * that a notice has told.
 */
export async function nameSuccess(
  { config }: Pick<App, 'config'>,
  tx: Tx,
  { id, receipt, depositId, reason }: Naming,
  { caller, requestId }: Call,
  now: Date,
) {
  const { amountCents, movedAt, reference, shortcode } = await lockNameless(tx, depositId, config.mpesa.shortcode);
  requireItsDay(receipt, movedAt, now);
  await refuseKnownReceipt(tx, receipt);
  const recorded = { id, receipt, amountCents, shortcode, movedAt, recordedBy: caller.id, recordedAt: now, typedReference: reference };
  const { verdict, bodyHash } = await settleRecorded({ config }, tx, { ...recorded, payerPhone: null, payerName: null }, now);
  if (verdict !== 'ties')
    throw new AppError('receipt_known', `${receipt} cannot be the code of this payment: it was told for something else.`);
  await tx.insert(recordedReceipts).values({ ...recorded, reason, state: 'named', depositId, bodyHash });
  await record(tx, {
    actor: caller.id,
    action: 'receipt_named',
    subject: depositId,
    after: { receipt, reason },
    requestId,
    happenedAt: now,
  });
  return {
    receiptId: id,
    receipt,
    shortcode,
    amount: shillings(amountCents),
    state: 'named' as const,
    asked: config.initiator !== undefined,
  };
}

/** A success without a receipt, under the lock under which receipts are tied to successes. */
async function lockNameless(tx: Tx, depositId: string, usual: string) {
  await tx.execute(sql`select lock_group_1(d.amount_cents) from deposits d where d.id = ${depositId}::uuid`);
  const [found] = await readRows(
    tx,
    Nameless,
    sql`
    select d.amount_cents, d.shortcode, d.moved_at, d.receipt, p.reference from deposits d left join payments p on p.id = d.payment_id
    where d.id = ${depositId}::uuid and d.merged_into is null and d.attempt_id is not null`,
  );
  if (!found)
    throw new AppError(
      'deposit_not_found',
      'No prompt was paid with this money: record its receipt with amount and at, without depositId.',
    );
  const { receipt, reference } = found;
  if (receipt !== null || reference === null)
    throw new AppError(
      'receipt_known',
      `This money has an M-PESA code already: ${receipt}. If it is wrong, import the statement of its day.`,
      { depositId },
    );
  return { ...found, reference, shortcode: found.shortcode ?? usual };
}
