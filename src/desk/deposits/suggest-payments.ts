import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { bigintText, decrypted, instant, listOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { likelyReferences } from '#ground/references/reference.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { isNumberOf, knownPayer } from '#mpesa/payments/known-payer.ts';

/** What a deposit shows about what it may be for. */
export type Waiting = {
  id: string;
  waitingCents: bigint;
  typedReference: string | null;
  payerPhone: string | null;
  payerTail: string | null;
  settledAt: Date;
};

/** An open payment that a deposit may be for, and why. */
export type PaymentSuggestion = {
  paymentId: string;
  reference: string;
  amount: number;
  maskedPhone: string;
  createdAt: string;
  reasons: ('reference' | 'phone' | 'phone_end' | 'amount')[];
};

const Payment = z.object({ id: z.uuid(), reference: z.string(), amountCents: bigintText, phone: decrypted('phone'), createdAt: instant });

/** A row of `openPaymentsSql`. */
export const OpenPayment = Payment.extend({ depositId: z.uuid() });

const PREFIXES = ['PY', 'BK'];

/** The keyed hash of the payer's phone, where it is known in full. */
export function payerHash({ payerPhone, payerTail }: Pick<Waiting, 'payerPhone' | 'payerTail'>): string | null {
  const payer = knownPayer(payerPhone, payerTail);
  return payer && 'full' in payer ? lookupHash(payer.full) : null;
}

/** The open payments that one deposit may be for, newest first, each with the reasons. */
export function suggestPayments(deposit: Waiting, found: z.output<typeof OpenPayment>[]): PaymentSuggestion[] {
  const likely = likelyReferences(deposit.typedReference ?? '', PREFIXES);
  return found
    .filter(({ depositId }) => depositId === deposit.id)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
    .map((payment) => ({
      paymentId: payment.id,
      reference: payment.reference,
      amount: shillings(payment.amountCents),
      maskedPhone: maskPhone(payment.phone),
      createdAt: payment.createdAt.toISOString(),
      reasons: reasonsFor(deposit, payment, likely),
    }));
}

function reasonsFor(deposit: Waiting, payment: z.output<typeof OpenPayment>, likely: string[]): PaymentSuggestion['reasons'] {
  const payer = knownPayer(deposit.payerPhone, deposit.payerTail);
  const how = payer && isNumberOf(payer, payment.phone);
  const said: [boolean | undefined, PaymentSuggestion['reasons'][number]][] = [
    [likely.includes(payment.reference), 'reference'],
    [how === 'whole', 'phone'],
    [how === 'end', 'phone_end'],
    [payment.amountCents === deposit.waitingCents, 'amount'],
  ];
  return said.flatMap(([holds, reason]) => (holds ? [reason] : []));
}

/** Open payments with a reference one mistake away, of the same phone, or of the same amount within a month; for all deposits of a page at once. */
export function openPaymentsSql(deposits: Waiting[]): SQL {
  const likely = deposits.flatMap(({ id, typedReference }) =>
    likelyReferences(typedReference ?? '', PREFIXES).map((reference) => ({ id, reference })),
  );
  const list = (values: (string | null)[]) => sql.param(values);
  const open = sql`p.state in ('pending', 'unknown', 'failed', 'expired')`;
  return sql`
    with asked as (
      select * from unnest(${list(deposits.map(({ id }) => id))}::uuid[], ${list(deposits.map(({ waitingCents }) => waitingCents.toString()))}::bigint[],
        ${list(deposits.map(payerHash))}::text[], ${list(deposits.map(({ settledAt }) => settledAt.toISOString()))}::timestamptz[]) as t (deposit_id, cents, phone_hash, settled_at)
    ), likely as (
      select * from unnest(${list(likely.map(({ id }) => id))}::uuid[], ${list(likely.map(({ reference }) => reference))}::text[]) as t (deposit_id, reference)
    ), found as (
      select l.deposit_id, p.id from likely l join payments p on p.reference = l.reference where ${open}
      union
      select a.deposit_id, p.id from asked a cross join lateral (
        select p.id from payments p where p.phone_hash = a.phone_hash and ${open} order by p.created_at desc limit 10) p
      union
      select a.deposit_id, p.id from asked a cross join lateral (
        select p.id from payments p where p.amount_cents = a.cents and ${open} and p.created_at between a.settled_at - interval '30 days' and a.settled_at + interval '30 days'
        order by p.created_at desc limit 20) p
    )
    select f.deposit_id, ${listOf('p', Payment)} from found f join payments p on p.id = f.id`;
}
