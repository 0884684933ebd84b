import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readPayer } from '../daraja/read-payer.ts';
import { lookupHash } from '../db/encryption.ts';
import { bigintText, decrypted, instant, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import { shillings } from '../money/cents.ts';
import { maskPhone } from '../payments/mask-phone.ts';
import { likelyReferences } from '../references/likely-references.ts';

/** A deposit as far as it says what it may be for. */
type Waiting = { id: string; waitingCents: bigint; typedReference: string | null; payerPhone: string | null; settledAt: Date };

/** An open payment that a deposit may be for, and what speaks for it. */
export type Suggestion = {
  paymentId: string;
  reference: string;
  amount: number;
  maskedPhone: string;
  createdAt: string;
  reasons: ('reference' | 'phone' | 'phone_end' | 'amount')[];
};

const Found = z.object({
  depositId: z.uuid(),
  id: z.uuid(),
  reference: z.string(),
  amountCents: bigintText,
  phone: decrypted('phone'),
  createdAt: instant,
});

const PREFIXES = ['PY', 'BK'];
const MOST = 5;
const WEIGHTS = { reference: 4, phone: 2, phone_end: 1, amount: 1 };

/** The open payments that each deposit may be for, best first: a reference one mistake away, the same phone, the same amount within a month. One round trip for all. */
export async function suggestPayments(db: Reader, deposits: Waiting[]): Promise<Map<string, Suggestion[]>> {
  const likely = new Map(deposits.map((deposit) => [deposit.id, likelyReferences(deposit.typedReference ?? '', PREFIXES)]));
  const pairs = [...likely].flatMap(([id, references]) => references.map((reference) => ({ id, reference })));
  const rows = deposits.length === 0 ? [] : await findOpen(db, deposits, pairs);
  const suggested = deposits.map((deposit) => {
    const candidates = rows
      .filter(({ depositId }) => depositId === deposit.id)
      .map((payment) => ({ payment, reasons: reasonsFor(deposit, payment, likely.get(deposit.id) ?? []) }))
      .sort((a, b) => weigh(b.reasons) - weigh(a.reasons) || b.payment.createdAt.getTime() - a.payment.createdAt.getTime());
    return [deposit.id, candidates.slice(0, MOST).map(present)] as const;
  });
  return new Map(suggested);
}

const weigh = (reasons: Suggestion['reasons']): number => reasons.reduce((sum, reason) => sum + WEIGHTS[reason], 0);

function reasonsFor(deposit: Waiting, payment: z.output<typeof Found>, likely: string[]): Suggestion['reasons'] {
  const payer = readPayer(deposit.payerPhone ?? '');
  const isSame =
    payer &&
    ('full' in payer
      ? payer.full === payment.phone
      : 'sha256' in payer && createHash('sha256').update(payment.phone).digest('hex') === payer.sha256);
  const said: [boolean | undefined, Suggestion['reasons'][number]][] = [
    [likely.includes(payment.reference), 'reference'],
    [isSame, 'phone'],
    [payer && 'tail' in payer && payment.phone.endsWith(payer.tail), 'phone_end'],
    [payment.amountCents === deposit.waitingCents, 'amount'],
  ];
  return said.flatMap(([holds, reason]) => (holds ? [reason] : []));
}

const present = ({ payment, reasons }: { payment: z.output<typeof Found>; reasons: Suggestion['reasons'] }): Suggestion => ({
  paymentId: payment.id,
  reference: payment.reference,
  amount: shillings(payment.amountCents),
  maskedPhone: maskPhone(payment.phone),
  createdAt: payment.createdAt.toISOString(),
  reasons,
});

function findOpen(db: Reader, deposits: Waiting[], likely: { id: string; reference: string }[]) {
  const hashOf = ({ payerPhone }: Waiting) => {
    const payer = readPayer(payerPhone ?? '');
    return payer && 'full' in payer ? lookupHash(payer.full) : null;
  };
  const list = (values: (string | null)[]) => sql.param(values);
  const open = sql`p.status in ('pending', 'unknown', 'failed', 'expired')`;
  return readRows(
    db,
    Found,
    sql`
    with asked as (
      select * from unnest(${list(deposits.map(({ id }) => id))}::uuid[], ${list(deposits.map(({ waitingCents }) => waitingCents.toString()))}::bigint[],
        ${list(deposits.map(hashOf))}::text[], ${list(deposits.map(({ settledAt }) => settledAt.toISOString()))}::timestamptz[]) as t (deposit_id, cents, phone_hash, settled_at)
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
    select f.deposit_id as "depositId", p.id, p.reference, p.amount_cents as "amountCents", p.phone, p.created_at as "createdAt" from found f join payments p on p.id = f.id`,
  );
}
