import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { line } from '#ground/text/line.ts';
import { requireNotReversed } from '#mpesa/paybill/confirmed.ts';
import type { App } from '#mpesa/wiring/app.ts';
import type { Upstairs } from '#mpesa/wiring/upstairs.ts';
import { undoRepayments } from '#sacco/loans/reverse-repayment.ts';
import { sayWhyCredited } from '#shop/invoices/draft-invoice.ts';
import { giveBackParts } from './give-back-parts.ts';

/** Which deposit, and why. */
export const TakeBackInput = z.strictObject({ id: z.uuid(), reason: line(2, 200) });

const Deposit = z.object({
  refuted: z.boolean(),
  proved: z.boolean(),
  takenBack: z.boolean(),
  merged: z.boolean(),
  reversedCents: bigintText,
  bookedCents: bigintText,
  amountCents: bigintText,
  allocated: z.boolean(),
  /** Whether its receipt is a guess and may be somebody else's. */
  isGuess: z.boolean(),
});

/** The part that was reversed in the portal and is not booked yet; zero where all of it was reversed: then the whole deposit is taken back. */
const partOf = ({ proved, merged, reversedCents, bookedCents, amountCents }: z.output<typeof Deposit>): bigint =>
  proved && !merged && (bookedCents > 0n || reversedCents < amountCents) ? reversedCents - bookedCents : 0n;

/** Why a part cannot be taken back yet. */
function whyNoPart({ allocated, isGuess }: z.output<typeof Deposit>): string | undefined {
  if (!allocated) return 'What this money pays for is not booked yet: try again in a minute.';
  if (isGuess)
    return "It is not certain yet whose money this is, and so whose part was reversed: it may be that of another customer who paid by hand. It stays locked. Import the statement of the whole time in which its prompt could be paid and have it signed, and ask Safaricom about its receipt (POST /api/transaction-status): take the part back when they, or the prompt's own result, have shown whose it is. If nothing shows it, have the rest reversed in the portal as well and that statement signed: then take all of it back.";
  return undefined;
}

/** Why a deposit cannot be taken back, and what to do instead; undefined where it can. take-back.sql has the same rule. */
function whyNot(deposit: z.output<typeof Deposit>): string | undefined {
  const { refuted, proved, takenBack, merged, reversedCents, bookedCents, amountCents } = deposit;
  if (takenBack) return 'This deposit was taken back before.';
  if (merged) return 'This deposit was merged into another one, since both are the same money: look for its M-PESA code.';
  if (partOf(deposit) > 0n) return whyNoPart(deposit);
  if (proved && bookedCents > 0n) return 'What was reversed of this deposit in the portal was taken back before.';
  if (proved && reversedCents === amountCents) return undefined;
  if (proved) return 'This money is proved: it came. To return it, refund it (POST /api/refunds).';
  if (refuted) return undefined;
  return 'This money is not refuted yet: a doubt in an answer of Safaricom or in a task is not enough. Import the M-PESA statement of its time (POST /api/statements) and have another person sign it off. If it does not contain this money, take it back then.';
}

const UnderWay = z.object({ reference: z.string(), decided: z.boolean() });

/** Throws `payout_under_way` while a payout of this money, or of the booking that it paid, has not ended: until then nobody knows how much will have left. */
async function requireNothingUnderWay(tx: Tx, depositId: string): Promise<void> {
  const statement = sql`
  select o.reference, o.state <> 'requested' as decided from payouts o
  where o.subject_id in (select ${depositId}::uuid union all
      select p.id from deposits d join payments p on p.id = d.payment_id where d.id = ${depositId}::uuid and p.counted_deposit_id = d.id and p.purpose = 'booking_fee'
      union all select p.id from matches m join payments p on p.id = m.payment_id where m.deposit_id = ${depositId}::uuid and p.counted_deposit_id = m.deposit_id and p.purpose = 'booking_fee')
    and o.state in ('requested', 'approved', 'partly_paid') order by o.id limit 1`;
  const [payout] = await readRows(tx, UnderWay, statement);
  if (!payout) return;
  const what = payout.decided ? 'wait until it has ended' : 'decline it (POST /api/payouts/<id>/decision with {"decision": "decline"})';
  throw new AppError('payout_under_way', `Payout ${payout.reference} refunds this money or pays it on: ${what}, then take the money back.`);
}

/**
 * Takes refuted money, or money reversed in Safaricom's portal, out of the books everywhere at once: a sale gets a credit note, a booking is no longer held,
 * loans are recomputed, savings go down, and the payment is `reversed`. A part that was reversed is booked as refunds. Once, however often it is called. Throws
 * `deposit_not_found`, `deposit_not_refuted`, `reversed_elsewhere`, `refund_too_large`, `payout_under_way`, and `money_already_moved` when a repayment's excess
 * has left the savings.
 */
export function takeBackDeposit(
  { db, clock, upstairs }: Pick<App, 'db' | 'clock' | 'upstairs'>,
  { id, reason }: z.output<typeof TakeBackInput>,
  call: Call,
) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const paidSql = sql`select payment_id from deposits where id = ${id}::uuid union select payment_id from matches where deposit_id = ${id}::uuid`;
    await tx.execute(sql`select from payments where id in (${paidSql}) order by id for update`);
    await tx.execute(sql`select from deposits where id = ${id}::uuid for update`); // so that what others book of it is read after they commit
    await tx.execute(sql`select from bookings where id in (${paidSql}) order by id for update`); // so that nobody decides about its fee meanwhile
    const statement = sql`
    select refuted_at is not null as refuted, confirmed_at is not null as proved, taken_back_at is not null as taken_back, merged_into is not null as merged,
      coalesce(reversed_elsewhere_cents, 0)::text as reversed_cents, parts_given_back_2(id) as booked_cents, amount_cents, allocated_at is not null as allocated, may_change_receipt_1(d) as is_guess
    from deposits d where id = ${id}::uuid`;
    const [deposit] = await readRows(tx, Deposit, statement);
    if (!deposit) throw new AppError('deposit_not_found', 'There is no such deposit.');
    const why = whyNot(deposit);
    if (why && deposit.proved && deposit.reversedCents === 0n) await requireNotReversed(tx, id);
    if (why) throw new AppError('deposit_not_refuted', why, { depositId: id });
    await requireNothingUnderWay(tx, id);
    const cents = partOf(deposit);
    if (cents > 0n) return takePartBack(tx, upstairs, { id, cents, reason, call, now });
    await undoRepayments(tx, { depositId: id, reason, call, now });
    await tx.execute(closeItsTasks(id, call.caller.id, now));
    await tx.execute(sql`select take_back_2(${id}::uuid, ${instantSql(now)})`);
    await sayWhyCredited(tx, { payments: paidSql, reason, now });
    await record(tx, {
      ...{ actor: call.caller.id, action: 'deposit_taken_back', subject: id, requestId: call.requestId, happenedAt: now },
    });
    return { depositId: id, state: 'taken_back' };
  });
}

/** What take_back_2 closes, in the name of the person whose act it is: so it is not announced as gone by itself. */
const closeItsTasks = (depositId: string, closedBy: string, closedAt: Date) =>
  closeTasksSql({
    kinds: [
      ...(['deposit_refuted', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs', 'unidentified_deposit'] as const),
      ...(['underpaid_deposit', 'surplus_payment', 'statement_reversed'] as const),
    ],
    subjects: sql`select ${depositId}::text union select receipt from deposits where id = ${depositId}::uuid`,
    ...{ closedAt, closedBy, note: 'Taken back.' },
  });

type TakenPart = { id: string; cents: bigint; reason: string; call: Call; now: Date };

async function takePartBack(tx: Tx, upstairs: Upstairs, { id, cents, reason, call, now }: TakenPart) {
  await giveBackParts(tx, upstairs, { depositId: id, cents, reason, call, now });
  const ofIt = sql`select receipt from deposits where id = ${id}::uuid`;
  const closing = { closedAt: now, closedBy: call.caller.id, note: 'Its part was taken back.' };
  await tx.execute(closeTasksSql({ kinds: ['statement_reversed'], subjects: ofIt, ...closing }));
  const amount = shillings(cents);
  await record(tx, {
    ...{
      actor: call.caller.id,
      action: 'deposit_part_taken_back',
      subject: id,
      after: { amount },
      requestId: call.requestId,
      happenedAt: now,
    },
  });
  return { depositId: id, state: 'part_taken_back', amount };
}
