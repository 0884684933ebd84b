import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import { shillings } from '../money/cents.ts';
import { STANDING_KINDS } from '../references/find-standing.ts';
import { bareReference } from '../references/reference.ts';
import type { MatchPart } from './match-input.ts';

const Payment = z.object({
  id: z.uuid(),
  reference: z.string(),
  purpose: z.string(),
  subject: z.string().nullable(),
  lines: z.unknown(),
  status: z.string(),
  owedCents: bigintText,
  amountCents: bigintText,
  hasEmail: z.boolean(),
});

/** A payment that is owed. `paysInto` is the loan or account that it is for, if it is for one. */
type Payment = z.output<typeof Payment> & { paysInto: string | undefined };

const Standing = z.object({ reference: z.string(), kind: z.enum(STANDING_KINDS), subjectId: z.uuid() });

/** A loan or an account that is given an amount, or whatever is left. */
export type StandingTarget = z.output<typeof Standing> & { amountCents: bigint | undefined };

/** What a part of a deposit is to pay. */
export type Target = Payment | StandingTarget;

/** Finds what the parts name, and locks the payments among it, always before the deposit. Throws in words for what is not there or cannot be paid. */
export async function findTargets(tx: Tx, parts: MatchPart[]): Promise<Target[]> {
  const payments = await lockPayments(
    tx,
    parts.flatMap((part) => ('paymentId' in part ? part.paymentId : [])),
  );
  const targets: Target[] = [];
  for (const part of parts)
    targets.push('paymentId' in part ? openPayment(payments.get(part.paymentId), part.amount) : await findLoanOrAccount(tx, part));
  return targets;
}

/** Several by id, so that two calls cannot wait for each other. */
async function lockPayments(tx: Tx, ids: string[]): Promise<Map<string, Payment>> {
  const rows = await readRows(
    tx,
    Payment,
    sql`
    select id, reference, purpose, subject, lines, status, owed_cents as "owedCents", amount_cents as "amountCents", email is not null as "hasEmail"
    from payments where id = any(${sql.param(ids)}::uuid[]) order by id for update`,
  );
  const named = await readRows(
    tx,
    z.object({ typed: z.string(), subjectId: z.uuid() }),
    sql`select typed, subject_id as "subjectId" from standing_references where typed = any(${sql.param(rows.map(nameOf))}::text[])`,
  );
  const subjects = new Map(named.map(({ typed, subjectId }) => [typed, subjectId]));
  return new Map(rows.map((row) => [row.id, { ...row, paysInto: subjects.get(nameOf(row)) }]));
}

const nameOf = ({ subject }: z.output<typeof Payment>): string => bareReference(subject ?? '');

function openPayment(payment: Payment | undefined, amountCents: bigint | undefined): Payment {
  if (!payment) throw new AppError('payment_not_found', 'There is no such payment.');
  const { id: paymentId, reference } = payment;
  if (['paid', 'reversed', 'refunded'].includes(payment.status))
    throw new AppError('already_paid', `The payment ${reference} is ${payment.status}: match another one, or refund the deposit.`, {
      paymentId,
    });
  const owed = shillings(payment.amountCents);
  if (amountCents !== undefined && amountCents !== payment.amountCents)
    throw new AppError(
      'amount_mismatch',
      `The payment ${reference} is paid with KES ${owed}: send that amount, or none. What is left stays in suspense.`,
      { paymentId, owed },
    );
  return payment;
}

async function findLoanOrAccount(
  tx: Tx,
  { standingReference, amount }: Extract<MatchPart, { standingReference: string }>,
): Promise<StandingTarget> {
  const statement = sql`
  select coalesce(l.reference, a.reference) as reference, s.kind, s.subject_id as "subjectId"
  from standing_references s left join loans l on s.kind = 'loan' and l.id = s.subject_id
  left join member_accounts a on s.kind = 'savings' and a.id = s.subject_id
  where s.typed = ${bareReference(standingReference)}`;
  const [standing] = await readRows(tx, Standing, statement);
  if (!standing) throw new AppError('unknown_reference', 'No loan and no account has this reference: read it again, letter by letter.');
  return { ...standing, amountCents: amount };
}
