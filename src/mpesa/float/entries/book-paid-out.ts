import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import type { Call } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, least, shillings } from '#ground/money/cents.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import { type PaidByHand, recordByHand, type SentByHand } from '../../payouts/record-by-hand.ts';
import { type GivenBack, lockGivenBack } from '../../refunds/lock-given-back.ts';
import { readSaved } from '../../refunds/read-held.ts';
import { recordGivenBack } from '../../refunds/record-given-back.ts';
import { type Place, readPlaces, spreadGivenBack } from '../../refunds/spread-given-back.ts';
import type { Upstairs } from '../../wiring/upstairs.ts';
import { floatEntries } from '../float.schema.ts';

const ENTRY = pick(floatEntries, 'e', [
  ...(['shortcode', 'amountCents', 'receipt', 'note', 'askedBy', 'askedAt'] as const),
  ...(['depositId', 'paymentId', 'loanId', 'bookingId'] as const),
]);
const Entry = ENTRY.row.extend({
  receipt: z.string(),
  /** The person who requested it, or whose key did. */
  asker: z.string(),
});

const Line = z.object({
  key: z.string(),
  shortcode: z.string(),
  amountCents: bigintText,
  movedAt: instant,
  finding: z.string().nullable(),
  verdict: z.string().nullable(),
  /** Whether one of our payouts of that amount has no known end: this line may be that payout's, even if another line was taken for it. */
  mayBeOurs: z.boolean(),
});
type Line = z.output<typeof Line>;
type Entry = z.output<typeof Entry>;

/** What the storeys above do with a payment by hand, and what they know of a payment's money. */
type Above = { paidByHand: PaidByHand; upstairs: Upstairs };

/**
 * Books what somebody paid by hand in the portal, as a signed statement shows it: out of the float, at the line's own time, as an expense, a refund, or the payout
 * of a loan or of a booking's decided fee. A reversal whose line does not name the payment it reversed is linked to the payment that the entry names. The caller
 * holds the entry's lock, and has checked that another person than the requester decides. Throws `paid_out_not_shown`, `receipt_known`, `amount_mismatch`, and
 * whatever requesting that refund or payout throws.
 */
export async function bookPaidOut(above: Above, tx: Tx, id: string, call: Call, now: Date): Promise<void> {
  const statement = sql`select ${ENTRY.list}, ${personBehindSql(sql`e.asked_by`)} as asker from float_entries e where e.id = ${id}::uuid`;
  const [entry] = await readRows(tx, Entry, statement);
  if (!entry) throw new Error('An entry went away while it was locked.');
  const line = await requireLine(tx, entry, now);
  if (line.verdict === 'unlinked') await sayWhich(tx, entry, line, now);
  else await bookByHand(above, tx, { entry, line, call, now });
  await tx.execute(sql`
    update float_entries set state = 'booked', decided_by = ${call.caller.id}, decided_at = ${at(now)}, booked_at = ${at(now)}, proved_by = 'statement', line_key = ${line.key}
    where id = ${id}::uuid`);
}

const at = (moment: Date) => instantSql(moment);

type Sent = Omit<SentByHand, 'kind' | 'sourceAccount' | 'amountCents'>;
type ByHand = { entry: Entry; line: Line; call: Call; now: Date };

async function bookByHand({ paidByHand, upstairs }: Above, tx: Tx, { entry, line, call, now }: ByHand): Promise<void> {
  const { shortcode, amountCents, receipt, asker } = entry;
  await tx.execute(sql`select own_account_1('paybill_float', ${shortcode})`);
  const sent = {
    ...{
      reason: entry.note ?? '',
      amountCents,
      portalReceipt: receipt,
      movedAt: line.movedAt,
      from: `paybill_float:${shortcode}` as const,
    },
    ...{ requestedBy: entry.askedBy, requestedAt: entry.askedAt, decidedBy: call.caller.id, now },
  };
  if (entry.loanId) await paidByHand.loan(tx, entry.loanId, sent, { asker, call, upstairs });
  else if (entry.bookingId) await paidByHand.booking(tx, entry.bookingId, sent, { asker, call, upstairs });
  else await bookTaken(tx, upstairs, entry, sent);
  await tx.execute(sql`
    update float_watches set opening_cents = opening_cents + ${amountCents.toString()}::bigint where shortcode = ${shortcode} and opened_at >= ${at(line.movedAt)}`);
  await tx.execute(sql`select end_money_out_1(${receipt}, ${at(now)})`);
}

/** Takes the amount out of expenses, or out of the accounts where the customer's money is. */
async function bookTaken(tx: Tx, upstairs: Upstairs, { depositId, paymentId, amountCents }: Entry, sent: Sent): Promise<void> {
  const which = depositId ? { depositId } : paymentId ? { paymentId } : undefined;
  if (!which) {
    await recordByHand(tx, { ...sent, kind: 'payment', sourceAccount: ACCOUNTS.expenses, amountCents });
    return;
  }
  const { id, places } = await chooseTakenFrom(tx, upstairs, which, amountCents);
  for (const [n, place] of places.entries()) await recordGivenBack(tx, upstairs, id, place, { ...sent, isRest: n > 0 });
}

/** Records which payment a reversal without a link reversed, as two people say. That payment is locked; a person then takes it back. */
async function sayWhich(tx: Tx, { receipt, depositId, paymentId }: Entry, { key }: Line, now: Date): Promise<void> {
  const chosen = sql`from deposits d where d.id = coalesce(${depositId}::uuid, (select counted_deposit_id from payments where id = ${paymentId}::uuid))`;
  await tx.execute(sql`select lock_receipt_1(d.receipt) ${chosen}`);
  const [given] = await readRows(
    tx,
    z.object({ receipt: z.string().nullable(), fits: z.boolean() }),
    sql`
    select d.receipt, d.confirmed_at is not null and d.taken_back_at is null and exists (select from statement_lines l join statements s on s.id = l.statement_id
      where l.line_key = ${key} and l.receipt = ${receipt} and l.verdict = 'unlinked' and s.shortcode = coalesce(known_shortcode_1(d), s.shortcode) and may_give_back_1(l, d))
      and not exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = d.id and w.state = 'paid' and w.receipt <> ${receipt}) as fits
    ${chosen}`,
  );
  if (!given?.receipt || !given.fits)
    throw new AppError(
      'paid_out_not_shown',
      `${receipt} cannot have given that payment back: it has to have come to the same short code before, with a proved receipt, and with at least that much of it not given back yet, also not by a reversal of ours (GET /api/deposits?depositId=<deposit id>). Reject this entry, and enter it again with the right one.`,
    );
  await tx.execute(sql`select link_reversal_2(${receipt}, ${given.receipt}, ${at(now)})`);
}

/** The accounts that the money of a deposit is taken out of. Throws `refund_too_large` where they hold less. */
async function chooseTakenFrom(
  tx: Tx,
  upstairs: Upstairs,
  which: GivenBack,
  amountCents: bigint,
): Promise<{ id: string; places: Place[] }> {
  const { id, paymentId, amountCents: cameCents, standing } = await lockGivenBack(tx, upstairs, which);
  const places = [...(await readPlaces(tx, upstairs, id, paymentId ?? undefined)), ...(await readSaved(tx, id))];
  const taken = spreadGivenBack(places, amountCents);
  const stands = taken.reduce((sum, { cents }) => sum + cents, 0n);
  const most = least(stands, cameCents - standing.givenBackCents);
  if (most < amountCents)
    throw new AppError(
      'refund_too_large',
      `At most ${kes(most)} of it can have been refunded: the rest is no longer in a sale, surplus, suspense or savings, or its refund is requested or made already (see the payouts). Did it pay a booking's fee? Decide to refund it, decline the payout, and enter this again with the bookingId. Did it repay a loan? Reverse the repayment first (POST /api/repayments/<id>/reverse).`,
      { most: shillings(most) },
    );
  return { id, places: taken };
}

/** The line of a signed statement that shows the payment and belongs to nothing else of ours. Takes the receipt's lock, so that a result with this receipt waits. */
async function requireLine(tx: Tx, { shortcode, receipt, amountCents, depositId, paymentId }: Entry, now: Date): Promise<Line> {
  const [line] = await readRows(
    tx,
    Line,
    sql`
    select l.line_key as key, s.shortcode, l.amount_cents, l.completed_at as moved_at, l.finding, l.verdict,
      exists (select from withdrawals w join payouts p on p.id = w.payout_id where w.receipt is null and w.state in ('dispatched', 'unknown') and p.kind <> 'reversal'
        and w.amount_cents = l.amount_cents and l.completed_at >= w.dispatched_at - interval '60 seconds') as may_be_ours
    from statement_lines l join statements s on s.id = l.statement_id
    where l.receipt = ${receipt} and l.direction = 'out' and l.kind <> 'charge' and s.state = 'done'
    order by l.finding = 'missing_here' desc, s.shortcode = ${shortcode} desc, s.decided_at, l.n limit 1`,
  );
  const [known] = await readRows(
    tx,
    z.object({ free: z.boolean() }),
    sql`select not is_signed_payment_1(${receipt}) and take_off_own_money_2(${receipt}, ${instantSql(now)}) as free`,
  );
  const ours = sql`select o.reference from withdrawals w join payouts o on o.id = w.payout_id where w.receipt = ${receipt}`;
  const [payout] = await readRows(tx, z.object({ reference: z.string() }), ours); // whoever held the lock before has committed
  if (payout)
    throw new AppError('receipt_known', `${receipt} is our own payout ${payout.reference}: it is in the books already. Reject this entry.`);
  const why = line
    ? whyNot(line, shortcode, (depositId ?? paymentId) !== null)
    : 'no signed statement has a line with it: import the statement of that day and have it signed, then approve again';
  if (!line || why || !known?.free)
    throw new AppError(
      'paid_out_not_shown',
      `Nothing shows yet that ${receipt} was paid from ${shortcode}: ${why ?? 'it is a payment that came'}.`,
    );
  if (line.amountCents !== amountCents)
    throw new AppError(
      'amount_mismatch',
      `The signed statement has ${kes(line.amountCents)} for ${receipt}, not ${kes(amountCents)}: reject this entry, and enter it again.`,
    );
  return line;
}

function whyNot({ shortcode: own, finding, verdict, mayBeOurs }: Line, shortcode: string, givesBack: boolean): string | undefined {
  if (own !== shortcode) return `it is a line of ${own}: reject this entry, and enter it again for that short code`;
  const isFree = finding === 'missing_here' || verdict === 'money_out';
  if (isFree && !mayBeOurs) return undefined;
  if (isFree || finding === 'unresolved')
    return 'it may be a payout of ours whose end Safaricom has not said (see the task "payout_on_statement"): approve again when that is known';
  if (finding === 'reversed' && verdict === 'unlinked')
    return givesBack
      ? undefined
      : 'its line reverses a payment and does not say which: reject this entry, and enter it again with the "depositId" of that payment';
  if (finding === 'reversed')
    return 'its line reverses a payment: take that payment back (POST /api/deposits/<deposit id>/take-back), and reject this entry';
  return `its line is "${finding}", which the sign-off books by itself: reject this entry`;
}
