import * as z from 'zod';
import { Reason } from '#ground/audit/reason.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { refusalOf, violatedConstraint } from '#ground/db/errors.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { countSlidingSql } from '#ground/limits/count-sliding.ts';
import { shillings } from '#ground/money/cents.ts';
import { enqueue } from '#ground/outbox/enqueue.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { ownAccount } from '../float/our-numbers.ts';
import type { App } from '../wiring/app.ts';
import { lockNameless } from './name-success.ts';
import { recordedReceipts } from './recorded-receipts.schema.ts';
import { refuseKnownReceipt } from './refuse-known-receipt.ts';
import { refuseOwnReceipt } from './refuse-own-receipt.ts';
import { requireItsDay } from './require-its-day.ts';

const MOST_SHILLINGS = 250_000; // in one payment, by M-PESA
const AN_HOUR = [{ minutes: 60, most: 30 }];

const Receipt = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^(?=.*[A-Z])[A-Z0-9]{8,20}$/, "M-PESA's code of the payment, like UKL7XYZ123.");

const Money = z.strictObject({
  ...{ receipt: Receipt, reason: Reason },
  amount: z
    .number()
    .positive()
    .max(MOST_SHILLINGS, `M-PESA takes at most ${MOST_SHILLINGS} shillings in one payment.`)
    .multipleOf(0.01, 'At most two decimals.')
    .transform((amount) => BigInt(Math.round(amount * 100))),
  at: z.iso
    .datetime({ offset: true, error: "M-PESA's time of the payment, written 2026-11-30T14:05:00+03:00." })
    .transform((at) => new Date(at)),
  shortcode: z.string().max(10).optional(),
  reference: line(1, 60)
    .refine((typed) => /[\p{L}\p{N}]/u.test(typed), 'What the customer typed, or should have: letters or digits.')
    .optional(),
  phoneNumber: PhoneNumber.optional(),
  payerName: line(1, 80).optional(),
});

const Naming = z.strictObject({ receipt: Receipt, depositId: z.uuid(), reason: Reason });
type Naming = z.output<typeof Naming>;

/**
 * A receipt that Safaricom never told: what M-PESA's message or the portal says of it, and where it was found. Or, with `depositId`, the
 * receipt of a payment that is booked without one.
 */
export const RecordReceiptInput = z.union([Money, Naming], {
  error: 'Send receipt, reason, amount and at; or receipt, reason and the depositId of the payment that has no receipt.',
});

type NewReceipt = z.output<typeof Money> & { id: string; shortcode: string; depositId?: string };

/**
 * Records a receipt and asks Safaricom about it within a minute, where that is possible: what the answer proves is booked by itself. Until then nothing is booked,
 * and no payment without a receipt is named, before a second person has looked; then it is told, as by a notice, and proved as any. Throws `receipt_known`, `receipt_day_differs`, `unknown_shortcode`, `too_many_requests`,
 * `deposit_not_found`, `own_loan`, `own_account`.
 */
export async function recordReceipt(
  app: Pick<App, 'db' | 'clock' | 'config' | 'upstairs'>,
  input: z.output<typeof RecordReceiptInput>,
  call: Call,
) {
  const now = app.clock.now();
  const id = newId();
  try {
    return await app.db.transaction(async (tx) => {
      await tx.execute(countSlidingSql(`receipts:${call.caller.id}`, AN_HOUR, 'too_many_requests', now));
      const receipt =
        'depositId' in input ? await readNameless(app, tx, input) : { ...input, shortcode: ownShortcode(app, input.shortcode) };
      return keep(app, tx, { id, ...receipt }, call, now);
    });
  } catch (error) {
    if (violatedConstraint(error) === 'recorded_receipts_open')
      throw new AppError('receipt_known', `${input.receipt} was recorded before (GET /api/receipts): a second person has to look at it.`);
    if (refusalOf(error)?.code === 'too_many_requests')
      throw new AppError(
        'too_many_requests',
        'You have recorded 30 receipts within an hour. Are there more? Import the statement instead.',
      );
    throw error;
  }
}

async function keep(app: Pick<App, 'config' | 'upstairs'>, tx: Tx, receipt: NewReceipt, call: Call, now: Date) {
  const { caller, requestId } = call;
  const { id, receipt: code, amount: amountCents, at: movedAt, shortcode, reason } = receipt;
  requireItsDay(code, movedAt, now);
  await refuseKnownReceipt(tx, code);
  await refuseOwnReceipt(app, tx, receipt.reference, call);
  await tx.insert(recordedReceipts).values({
    ...{ id, receipt: code, amountCents, shortcode, movedAt, reason, state: 'asked', recordedBy: caller.id, recordedAt: now },
    ...{ typedReference: receipt.reference ?? null, payerPhone: receipt.phoneNumber ?? null, payerName: receipt.payerName ?? null },
    depositId: receipt.depositId ?? null,
  });
  await openTask(tx, { kind: 'receipt_recorded', subject: id, openedAt: now, words: `${code}: ${reason}` });
  const after = { receipt: code, amountCents: amountCents.toString(), reason, ...(receipt.depositId && { depositId: receipt.depositId }) };
  await record(tx, { actor: caller.id, action: 'receipt_recorded', subject: id, after, requestId, happenedAt: now });
  const asked = app.config.initiator !== undefined;
  if (asked) await enqueue(tx, `ask-receipt:recorded:${id}`, { kind: 'ask_receipt', receipt: code }, now);
  return { receiptId: id, receipt: code, shortcode, amount: shillings(amountCents), state: 'asked' as const, asked };
}

/** The receipt of a payment that is booked without one, with what the books have of that payment. */
async function readNameless({ config }: Pick<App, 'config'>, tx: Tx, { receipt, reason, depositId }: Naming) {
  const { amountCents, movedAt, shortcode, reference } = await lockNameless(tx, depositId, config.mpesa.shortcode);
  return { receipt, reason, depositId, amount: amountCents, at: movedAt, shortcode, reference };
}

function ownShortcode({ config }: Pick<App, 'config'>, typed = config.mpesa.shortcode): string {
  const own = ownAccount(config, typed);
  if (own) return own.shortcode;
  throw new AppError(
    'unknown_shortcode',
    `${typed} is not one of this site's short codes: send the one that was paid, or none for the usual one.`,
  );
}
