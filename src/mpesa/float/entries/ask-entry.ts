import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { refusalOf, violatedConstraint } from '#ground/db/errors.ts';
import { instantSql } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { answerOnceInBatch } from '#ground/idempotency/answer-once.ts';
import { shillings } from '#ground/money/cents.ts';
import { line } from '#ground/text/line.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '../../wiring/app.ts';
import { FLOAT_ENTRY_KINDS, floatEntries } from '../float.schema.ts';
import { ownAccount } from '../our-numbers.ts';
import { payingShortcode } from '../paying-shortcode.ts';

const MOST_SHILLINGS = 1_000_000_000;

/** Our own payout that has the receipt, if any. */
const Own = z.object({ reference: z.string() });

const common = {
  shortcode: z.string().optional(),
  amount: z
    .number()
    .positive()
    .max(MOST_SHILLINGS)
    .multipleOf(0.01, 'At most two decimals.')
    .transform((amount) => BigInt(Math.round(amount * 100))),
  on: z.iso.date('A day, written 2026-11-30.'),
  note: line(2, 200),
};

/**
 * What moved between the bank and M-PESA, or what M-PESA charged (which may include cents), and on which day in Nairobi. Or what somebody paid in the portal by
 * hand, with its receipt and its purpose: the deposit or payment that it refunded, the loan that it paid out, or the booking whose decided fee it paid.
 */
export const AskEntryInput = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.enum(FLOAT_ENTRY_KINDS).exclude(['paid_out']) }),
  z
    .strictObject({
      ...common,
      ...{ kind: z.literal('paid_out'), receipt: z.string().regex(/^[A-Z0-9]{6,20}$/, 'An M-PESA receipt is like UKL7XYZ123.') },
      ...{ depositId: z.uuid().optional(), paymentId: z.uuid().optional(), loanId: z.uuid().optional(), bookingId: z.uuid().optional() },
    })
    .refine(
      ({ depositId, paymentId, loanId, bookingId }) => [depositId, paymentId, loanId, bookingId].filter(Boolean).length <= 1,
      'Name one of depositId, paymentId, loanId and bookingId, not several.',
    ),
]);

/**
 * Requests the booking of a movement that neither a customer nor a payout made: nothing is booked before a second person approves. Throws `unknown_shortcode`,
 * `receipt_known` for a receipt of our own payout or of another entry, and `invalid_input` for a day in the future. One round trip; repeated with its
 * Idempotency-Key it answers the same bytes.
 */
export async function askEntry(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  input: z.output<typeof AskEntryInput>,
  call: Call,
) {
  const now = clock.now();
  const own = ownAccount(config, input.shortcode ?? payingShortcode(config));
  if (!own)
    throw new AppError(
      'unknown_shortcode',
      `${input.shortcode} is not one of this site's short codes: send one that is, or none for the one that pays out.`,
    );
  if (input.on > nairobiDay(now)) throw new AppError('invalid_input', 'on: this day is in the future in Nairobi.');
  const id = newId();
  const { kind, amount, on } = input;
  const { receipt = null, depositId = null, paymentId = null, loanId = null, bookingId = null } = input.kind === 'paid_out' ? input : {};
  const statement = sql`
  with entry as (
    insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, note, receipt, deposit_id, payment_id, loan_id, booking_id, state, asked_by, asked_at)
    values (${id}::uuid, ${own.shortcode}, ${kind}, ${amount.toString()}::bigint, ${on}::date, ${sql.param(input.note, floatEntries.note)},
      ${receipt}, ${depositId}::uuid, ${paymentId}::uuid, ${loanId}::uuid, ${bookingId}::uuid, 'asked', ${call.caller.id},
      ${instantSql(now)})
    returning id
  ), audited as (
    ${recordSql({ actor: call.caller.id, action: 'float_entry_asked', subject: sql`id::text`, before: sql`null::jsonb`, after: sql`null::jsonb`, requestId: call.requestId, happenedAt: now, from: sql`entry` })}
  )
  select id from entry`;
  const answer = {
    entryId: id,
    kind,
    shortcode: own.shortcode,
    amount: shillings(amount),
    on,
    ...(receipt && { receipt }),
    state: 'asked',
  };
  const asking = receipt === null ? [statement] : [refuseOwnSql(receipt), statement];
  try {
    return await answerOnceInBatch(db, { key: call.key, id, now }, asking, answer);
  } catch (error) {
    const known = receipt === null ? undefined : sayKnown(error, receipt);
    throw known ?? error;
  }
}

/** Our own payouts are booked already: stops the batch with `receipt_known`. This is checked again when the entry is approved, since the receipt may become known in between. */
const refuseOwnSql = (receipt: string): SQL => sql`
  select refuse('receipt_known', jsonb_build_object('reference', o.reference)) from withdrawals w join payouts o on o.id = w.payout_id where w.receipt = ${receipt} limit 1`;

/** Why a receipt cannot be entered; undefined where the batch stopped for another reason. */
function sayKnown(error: unknown, receipt: string): AppError | undefined {
  if (violatedConstraint(error) === 'float_entries_paid_out')
    return new AppError(
      'receipt_known',
      `${receipt} was entered before (GET /api/float-entries): have that entry approved, or rejected first.`,
    );
  const refusal = refusalOf(error);
  if (refusal?.code !== 'receipt_known') return undefined;
  const { reference } = Own.parse(refusal.detail);
  return new AppError('receipt_known', `${receipt} is our own payout ${reference}: it is in the books already.`);
}
