import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { bigintText, decrypted, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { CustomerEvent } from '#ground/outbox/message.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { isDoubtedSql } from '#mpesa/paybill/payer-of.ts';
import { knownPayer } from '#mpesa/payments/known-payer.ts';
import { TOLD_WAITS } from '#mpesa/payments/told-waits.ts';

const Row = z.object({
  paymentId: z.uuid().nullable(),
  reference: z.string(),
  language: z.enum(LANGUAGES).nullable(),
  state: z.string().nullable(),
  failureCode: z.string().nullable(),
  amountCents: bigintText,
  /** The M-PESA code of the money that the event is about. */
  receipt: z.string().nullable(),
  /** Whether only a notice has reported the money so far. */
  told: z.boolean(),
  /** Whether it has happened: money that is said to be on its way has been taken by M-PESA to be paid. */
  hasLeft: z.boolean(),
  /** When it happened, for what is no news any more after a day. */
  newsSince: instant.nullable(),
  email: decrypted('email').nullable(),
  promptedPhone: decrypted('phone').nullable(),
  payerPhone: decrypted('payer_phone').nullable(),
  payerTail: z.string().nullable(),
});

/** What a message to a customer is made of, and where it may go: `phone` is the one that paid, where that is certain. */
export type CustomerFacts = Omit<z.output<typeof Row>, 'promptedPhone' | 'payerPhone' | 'payerTail'> & { phone: string | undefined };

/** A failure that is heard of later than this is no news any more. */
const FAILED_HOURS = 3;

/**
 * The columns that say who paid with deposit `d` by attempt `a`, for payment `p`: the phone that was prompted and paid, or a proved payer's. Neither where only the
 * time says whose money it is, or a task doubts it.
 */
const PAYER = sql`
  case when a.phone_hash = p.phone_hash and not is_guess_1(d) and not ${isDoubtedSql(sql`d`)} then p.phone end as prompted_phone,
  case when a.id is null and d.payer_hash is not null and not is_guess_1(d) and not ${isDoubtedSql(sql`d`)} then d.payer_phone end as payer_phone,
  case when a.id is null then d.payer_tail end as payer_tail`;

const OF_PAYMENT = sql`p.id as payment_id, p.reference, p.language, p.state, p.failure_code, p.email`;

/** An attempt that is still the latest of its payment, when neither it nor another one can be paid any more and no money waits for proof. */
const failedSql = (id: string, now: Date): SQL => sql`
  select ${OF_PAYMENT}, p.amount_cents, l.created_at as news_since, true as has_left, null as receipt, false as told,
    case when l.phone_hash = p.phone_hash and l.checkout_hash is not null then p.phone end as prompted_phone, null as payer_phone, null as payer_tail
  from attempts l join payments p on p.id = l.payment_id
  where l.id = ${id}::uuid and p.latest_attempt_id = l.id and p.state in ('failed', 'expired') and not ${TOLD_WAITS}
    and not exists (select from bookings b where b.id = p.id and b.state <> 'created')
    and l.created_at > ${instantSql(now)} - ${FAILED_HOURS}::int * interval '1 hour'
    and not exists (select from attempts o where o.payment_id = p.id
      and (o.state in ('requested', 'pending', 'unknown') or coalesce(o.payable_until, o.created_at + interval '180 seconds') > ${instantSql(now)}))`;

/** Whether M-PESA has taken some of payout `o`: approved is not sent, while payouts are stopped or Safaricom is not reached. */
const HAS_LEFT = sql`exists (select from withdrawals w where w.payout_id = o.id and (w.state = 'paid' or w.state in ('dispatched', 'unknown') and w.conversation_id is not null))`;

const bookingSql = (id: string, state: string): SQL => sql`
  select ${OF_PAYMENT}, case ${state}::text when 'refunded' then coalesce(o.amount_cents, p.amount_cents) else p.amount_cents end as amount_cents,
    case b.state when 'expired' then greatest(b.expires_at, b.held_at) when 'refunded' then b.resolved_at end as news_since, b.state <> 'refunded' or ${HAS_LEFT} as has_left, d.receipt, d.id is not null and d.confirmed_at is null as told, ${PAYER}
  from bookings b join payments p on p.id = b.id left join deposits d on d.id = p.counted_deposit_id left join attempts a on a.id = d.attempt_id left join payouts o on o.id = b.payout_id
  where b.id = ${id}::uuid and b.state = ${state} and case b.state
    when 'refunded' then o.state in ('requested', 'approved', 'partly_paid') -- paid: that is said instead
    when 'expired' then not ${TOLD_WAITS} and not exists (select from attempts o where o.payment_id = p.id and o.state in ('requested', 'pending', 'unknown'))
    else d.refuted_at is null and d.reversed_elsewhere_at is null end`;

/**
 * A refund goes to whoever paid: a B2C payment to the phone that was checked when it was requested, a reversal to a payer whom M-PESA knows. Who has an invoice is
 * told by mail with its credit note.
 */
const refundSql = (id: string, states: SQL, isPaid: boolean): SQL => sql`
  select p.id as payment_id, coalesce(p.reference, o.reference) as reference, p.language, p.state, p.failure_code,
    case when not ${isPaid} or not exists (select from invoices i where i.id = p.id) then p.email end as email, o.amount_cents, case when not ${isPaid} then o.decided_at end as news_since, ${isPaid} or ${HAS_LEFT} as has_left,
    (select string_agg(w.receipt, ' ' order by w.part) from withdrawals w where w.payout_id = o.id and w.receipt is not null) as receipt, false as told,
    case when o.kind = 'refund' then o.phone when a.phone_hash = p.phone_hash and not is_guess_1(d) and not ${isDoubtedSql(sql`d`)} then p.phone end as prompted_phone,
    case when o.kind = 'reversal' and a.id is null and d.payer_hash is not null and not is_guess_1(d) and not ${isDoubtedSql(sql`d`)} then d.payer_phone end as payer_phone,
    case when o.kind = 'reversal' and a.id is null then d.payer_tail end as payer_tail
  from payouts o left join deposits d on d.id = coalesce(o.deposit_id, o.subject_id) left join attempts a on a.id = d.attempt_id
    left join payments p on p.id = coalesce(o.payment_id, d.payment_id)
  where o.id = ${id}::uuid and o.kind in ('refund', 'reversal') and o.state in (${states})
    and (${isPaid} or o.source_account <> ${ACCOUNTS.bookingPayable})`;

const FACTS: Record<CustomerEvent, (id: string, now: Date) => SQL> = {
  payment_failed: failedSql,
  booking_held: (id) => bookingSql(id, 'held'),
  booking_released: (id) => bookingSql(id, 'released'),
  booking_refunded: (id) => bookingSql(id, 'refunded'),
  booking_expired: (id) => bookingSql(id, 'expired'),
  refund_on_its_way: (id) => refundSql(id, sql`'approved', 'partly_paid'`, false), // of a booking, its decision said so
  refund_paid: (id) => refundSql(id, sql`'paid'`, true),
};

/** Reads the facts of an event as they are now. Returns nothing when it is not true any more. */
export async function readFacts(db: Reader, event: CustomerEvent, subjectId: string, now: Date): Promise<CustomerFacts | undefined> {
  const [row] = await readRows(db, Row, FACTS[event](subjectId, now));
  if (!row) return undefined;
  const { promptedPhone, payerPhone, payerTail, ...facts } = row;
  const payer = payerPhone === null ? undefined : knownPayer(payerPhone, payerTail);
  return { ...facts, phone: promptedPhone ?? (payer && 'full' in payer ? payer.full : undefined) };
}
