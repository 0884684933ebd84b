import { and, eq, isNull, sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call, Caller } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { answerOnce } from '#ground/idempotency/answer-once.ts';
import { centsFromShillings, kes, shillings } from '#ground/money/cents.ts';
import { newReference } from '#ground/references/reference.ts';
import { keepStanding } from '#ground/references/standing-reference.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { loanProducts, loans } from './loans.schema.ts';
import { loanFee } from './math/loan-fee.ts';
import { previewLoan } from './math/preview-loan.ts';

/** How many applications of one member may be undecided, or approved and not paid out. */
const MOST_OPEN = 3;

/** How many times one member may apply in 24 hours, withdrawn applications included: treasurers get an SMS for each. */
const MOST_A_DAY = 5;

/** Which product, how much of it in whole shillings, and what for. */
export const ApplyInput = z.strictObject({
  productCode: z.string().max(40),
  amount: z.number().int('A loan is whole shillings.').min(1).max(10_000_000).transform(centsFromShillings),
  reason: z.string().trim().min(2).max(200).optional(),
});

/**
 * A member applies for a loan on the terms now on offer; its reference can be paid to from the start. Answers what the loan would cost, and
 * when. Repeated with the same Idempotency-Key it answers the same bytes. Throws `not_a_member`, `product_not_found`, `loan_out_of_range`,
 * `too_many_applications`.
 */
export function applyForLoan({ db, clock }: Pick<App, 'db' | 'clock'>, input: z.output<typeof ApplyInput>, call: Call) {
  const now = clock.now();
  const id = newId();
  return answerOnce(db, { key: call.key, id, now }, async (tx) => {
    const memberId = await lockMember(tx, call.caller);
    const product = await findProduct(tx, input);
    await requireRoom(tx, memberId, now);
    const principalCents = input.amount;
    const feeCents = loanFee(product, principalCents);
    const reference = await keepReference(tx, id, now);
    await tx.insert(loans).values({
      ...{ id, reference, memberId, productId: product.id, principalCents, feeCents },
      ...{ reason: input.reason ?? null, state: 'submitted', appliedAt: now },
    });
    const after = { productId: product.id, amount: shillings(principalCents) };
    await record(tx, { actor: call.caller.id, action: 'loan_submitted', subject: id, after, requestId: call.requestId, happenedAt: now });
    await promiseNotice(tx, { event: 'loan_submitted', subjectId: id, memberId, treasurers: true, now });
    const preview = previewLoan({ ...product, principalCents, feeCents }, nairobiDay(now));
    return { loanId: id, reference, state: 'submitted', productCode: product.code, ...preview };
  });
}

/** The member who asks, locked, so that their applications are counted one after the other. */
async function lockMember(tx: Tx, { person }: Caller): Promise<string> {
  const [member] = await readRows(
    tx,
    z.object({ id: z.uuid() }),
    sql`select m.id from members m join people p on p.id = m.person_id where p.phone_hash = ${person?.phoneHash ?? null}::text for no key update of m`,
  );
  if (!member) throw new AppError('not_a_member', 'Loans are for members: join first.');
  return member.id;
}

async function findProduct(tx: Tx, { productCode, amount }: z.output<typeof ApplyInput>) {
  const [product] = await tx
    .select()
    .from(loanProducts)
    .where(and(eq(loanProducts.code, productCode), isNull(loanProducts.retiredAt)));
  if (!product) throw new AppError('product_not_found', 'No such loan is offered: GET /api/loan-products lists those that are.');
  const { minCents, maxCents, name } = product;
  if (amount >= minCents && amount <= maxCents) return product;
  const [min, max] = [shillings(minCents), shillings(maxCents)];
  throw new AppError('loan_out_of_range', `${name} is lent from ${kes(minCents)} to ${kes(maxCents)}.`, { min, max });
}

async function requireRoom(tx: Tx, memberId: string, now: Date): Promise<void> {
  const [of] = await readRows(
    tx,
    z.object({ open: z.number(), recent: z.number() }),
    sql`
    select count(*) filter (where state in ('submitted', 'approved'))::int as open,
      count(*) filter (where applied_at > ${instantSql(now)} - interval '24 hours')::int as recent
    from loans where member_id = ${memberId}::uuid`,
  );
  if (of && of.open >= MOST_OPEN)
    throw new AppError('too_many_applications', `${MOST_OPEN} applications are open already: wait for a decision, or withdraw one.`);
  if (of && of.recent >= MOST_A_DAY)
    throw new AppError('too_many_applications', `${MOST_A_DAY} applications in 24 hours is the limit: apply again tomorrow.`);
}

/** Draws references until one is unused. */
async function keepReference(tx: Tx, subjectId: string, now: Date): Promise<string> {
  const reference = newReference('LN');
  return (await keepStanding(tx, { reference, kind: 'loan', subjectId, now })) ? reference : keepReference(tx, subjectId, now);
}
