import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { bareReference } from '#ground/references/reference.ts';
import { standingReferences } from '#ground/references/references.schema.ts';
import { PAYMENT_TO_BOOK_COLUMNS, PaymentToBook } from '#mpesa/payments/payment-to-book.ts';
import type { MatchPart } from './match-input.ts';
import { lockReceivables, openReceivable, type ReceivableTarget } from './receivable-target.ts';

const STANDING = pick(standingReferences, 's', ['typed', 'kind', 'subjectId']);
const Standing = STANDING.row.extend({ reference: z.string(), memberId: z.uuid() });
type Standing = z.output<typeof Standing>;

/** A loan or an account, with its amount or the rest. */
type StandingTarget = Pick<Standing, 'reference' | 'kind' | 'subjectId'> & { amountCents: bigint | undefined };

/**
 * What a part of a deposit is to pay. Targets are booked in the order of `turn` (member, then loan or account, also where a payment is for
 * one), so that two calls cannot deadlock on a member's digest or a loan's lock. `owner` says whose loan or account it is.
 */
export type Target = (PaymentToBook | StandingTarget | ReceivableTarget) & {
  turn: string;
  owner: Pick<Standing, 'kind' | 'memberId'> | undefined;
};

/**
 * Finds what the parts of a deposit name and locks the named payments, always before the deposit; and with what somebody owes us back the deposit too. Throws for
 * what does not exist or cannot be paid.
 */
export async function findTargets(tx: Tx, depositId: string, parts: MatchPart[], caller: Caller): Promise<Target[]> {
  const payments = await lockPayments(
    tx,
    parts.flatMap((part) => ('paymentId' in part ? part.paymentId : [])),
  );
  const receivables = await openReceivables(tx, depositId, parts, caller);
  const named = parts.map(
    (part) => ('paymentId' in part ? payments.get(part.paymentId)?.subject : 'receivable' in part ? '' : part.standingReference) ?? '',
  );
  const standing = await readStanding(tx, named.map(bareReference));
  return parts.map((part, at) => {
    const owed = 'receivable' in part ? receivables.get(part.receivable) : undefined;
    if (owed) return { ...owed, owner: undefined, turn: '' };
    const pays = standing.get(bareReference(named[at] ?? ''));
    const target = 'paymentId' in part ? openPayment(payments.get(part.paymentId), part.amount) : openStanding(pays, part.amount);
    return { ...target, owner: pays, turn: pays ? `${pays.memberId} ${pays.subjectId}` : '' };
  });
}

async function openReceivables(tx: Tx, depositId: string, parts: MatchPart[], caller: Caller): Promise<Map<string, ReceivableTarget>> {
  const named = parts.flatMap((part) => ('receivable' in part ? part : []));
  const found = new Map<string, ReceivableTarget>();
  if (named.length === 0) return found;
  const ids = named.map(({ receivable }) => receivable);
  await lockReceivables(tx, ids, depositId);
  for (const { receivable, amount } of named) found.set(receivable, await openReceivable(tx, receivable, amount, caller));
  return found;
}

/** Locks in the order of ids, so that two calls cannot deadlock. */
async function lockPayments(tx: Tx, ids: string[]): Promise<Map<string, PaymentToBook>> {
  const rows = await readRows(
    tx,
    PaymentToBook,
    sql`
    select ${PAYMENT_TO_BOOK_COLUMNS} from payments where id = any(${sql.param(ids)}::uuid[]) order by id for update`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function readStanding(tx: Tx, typed: string[]): Promise<Map<string, Standing>> {
  const rows = await readRows(
    tx,
    Standing,
    sql`
    select ${STANDING.list}, coalesce(l.reference, a.reference) as reference, coalesce(l.member_id, a.member_id) as member_id
    from standing_references s left join loans l on s.kind = 'loan' and l.id = s.subject_id
    left join member_accounts a on s.kind = 'savings' and a.id = s.subject_id
    where s.typed = any(${sql.param(typed)}::text[])`,
  );
  return new Map(rows.map((row) => [row.typed, row]));
}

function openPayment(payment: PaymentToBook | undefined, amountCents: bigint | undefined): PaymentToBook {
  if (!payment) throw new AppError('payment_not_found', 'There is no such payment.');
  const { id: paymentId, reference } = payment;
  if (['paid', 'reversed', 'refunded'].includes(payment.state))
    throw new AppError('already_paid', `The payment ${reference} is ${payment.state}: match another one, or refund the deposit.`, {
      paymentId,
    });
  const owed = shillings(payment.amountCents);
  if (amountCents !== undefined && amountCents !== payment.amountCents)
    throw new AppError(
      'amount_mismatch',
      `The payment ${reference} is paid with ${kes(payment.amountCents)}: send that amount, or none. What is left stays in suspense.`,
      { paymentId, owed },
    );
  return payment;
}

function openStanding(standing: Standing | undefined, amountCents: bigint | undefined): StandingTarget {
  if (!standing) throw new AppError('unknown_reference', 'No loan and no account has this reference: check it letter by letter.');
  const { reference, kind, subjectId } = standing;
  return { reference, kind, subjectId, amountCents };
}
