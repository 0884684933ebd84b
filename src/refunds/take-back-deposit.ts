import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { record } from '../audit/record.ts';
import type { Call, Reply } from '../call.ts';
import { bigintText, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import { shillings } from '../money/cents.ts';
import { sayPart } from '../paybill/confirmed.ts';
import { line } from '../payments/line.ts';

/** Which deposit, and what the person has seen that says so. */
export const TakeBackInput = z.strictObject({ id: z.uuid(), reason: line(2, 200) });

const Deposit = z.object({
  refuted: z.boolean(),
  proved: z.boolean(),
  takenBack: z.boolean(),
  merged: z.boolean(),
  reversedCents: bigintText,
  amountCents: bigintText,
});

/** Why a deposit cannot be taken back, and what to do instead; nothing where it can: take-back.sql has the same rule. */
function whyNot({ refuted, proved, takenBack, merged, reversedCents, amountCents }: z.output<typeof Deposit>): string | undefined {
  if (takenBack) return 'This deposit was taken back before: there is nothing left to do.';
  if (merged) return 'This deposit is the same money as another one, which has it now: look for its M-PESA code.';
  if (proved && reversedCents === amountCents) return undefined;
  if (proved && reversedCents > 0n)
    return `Only KES ${shillings(reversedCents)} of this KES ${shillings(amountCents)} was given back in Safaricom's portal. ${sayPart({ backCents: reversedCents, cents: amountCents, takeBack: 'this request once more' })}`;
  if (proved) return 'This money is proved: it came. To give it back, refund it (POST /api/refunds).';
  if (refuted) return undefined;
  return 'This money is not refuted yet: that an answer of Safaricom or a task doubts it is not enough. Import the M-PESA statement of its time (POST /api/statements) and have another person sign it off. If it does not contain this money, take it back then.';
}

const UnderWay = z.object({ reference: z.string(), decided: z.boolean() });

/** Refuses while a payout of this money, or of the booking that it paid, is not decided or not ended: nobody knows yet what of it will have left. Throws `payout_under_way`. */
async function requireNothingUnderWay(tx: Tx, depositId: string): Promise<void> {
  const statement = sql`
  select o.reference, o.state <> 'requested' as decided from payouts o
  where o.subject in (select ${depositId} union all
      select p.id::text from deposits d join payments p on p.id = d.payment_id where d.id = ${depositId}::uuid and p.counted_deposit_id = d.id and p.purpose = 'booking_fee'
      union all select p.id::text from matches m join payments p on p.id = m.payment_id where m.deposit_id = ${depositId}::uuid and p.counted_deposit_id = m.deposit_id and p.purpose = 'booking_fee')
    and o.state in ('requested', 'approved', 'partly_paid') order by o.id limit 1`;
  const [payout] = await readRows(tx, UnderWay, statement);
  if (!payout) return;
  const what = payout.decided ? 'wait until it has ended' : 'decline it (POST /api/payouts/<id>/decision with {"decision": "decline"})';
  throw new AppError(
    'payout_under_way',
    `Payout ${payout.reference} is to give this money back, or to pay it on: ${what}, and take the money back then.`,
  );
}

/**
 * Takes back money that was refuted, or given back in Safaricom's portal, everywhere at once: a sale gets its credit note, a booking is no longer held, loans are recomputed, savings go down. The payment is
 * `reversed`. Once, however many ask. Throws `deposit_not_found`, `deposit_not_refuted`, `payout_under_way`, and `money_already_moved` when a loan's rest was saved and is gone.
 */
export function takeBackDeposit(
  { db, clock, undoRepayments }: Pick<App, 'db' | 'clock' | 'undoRepayments'>,
  { id, reason }: z.output<typeof TakeBackInput>,
  call: Call,
): Promise<Reply> {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const statement = sql`
    select refuted_at is not null as refuted, confirmed_at is not null as proved, taken_back_at is not null as "takenBack", merged_into is not null as merged,
      coalesce(reversed_elsewhere_cents, 0)::text as "reversedCents", amount_cents as "amountCents"
    from deposits where id = ${id}::uuid for update`;
    const [deposit] = await readRows(tx, Deposit, statement);
    if (!deposit) throw new AppError('deposit_not_found', 'There is no such deposit.');
    const why = whyNot(deposit);
    if (why) throw new AppError('deposit_not_refuted', why, { depositId: id });
    await requireNothingUnderWay(tx, id);
    await undoRepayments(tx, { depositId: id, reason, call, now });
    await tx.execute(sql`select take_back_1(${id}::uuid, ${now.toISOString()}::timestamptz)`);
    await record(tx, {
      ...{ actor: call.caller.id, action: 'deposit_taken_back', subject: id, requestId: call.requestId, happenedAt: now },
    });
    return { json: { depositId: id, state: 'taken_back' } };
  });
}
