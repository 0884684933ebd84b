import { and, asc, eq } from 'drizzle-orm';
import * as z from 'zod';
import type { Call, Caller } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { deposits } from '#mpesa/payments/payments.schema.ts';
import { payouts } from '#mpesa/payouts/payouts.schema.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { people } from '#people/people/people.schema.ts';
import { memberNumber } from '../members/member-number.ts';
import { members } from '../members/members.schema.ts';
import { describeTerms } from './describe-terms.ts';
import { loanProducts, loans, repayments } from './loans.schema.ts';
import { previewLoan } from './math/preview-loan.ts';
import { presentStanding } from './present-standing.ts';
import { readHistory } from './read-history.ts';
import { visibleLoans } from './visible-loans.ts';

/** Which loan, and the language of its sentences: by default the borrower's. */
export const ReadLoanInput = z.strictObject({ id: z.uuid(), language: z.enum(LANGUAGES).optional() });

/**
 * A loan now, for its borrower and for staff: terms in sentences, schedule, penalties each explained, repayments with what they paid, what
 * is due, and what would settle it early. Today's penalties are shown even if the nightly run has not written them yet. Two round trips. Throws
 * `loan_not_found`, also for somebody else's.
 */
export async function readLoan(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, language }: z.output<typeof ReadLoanInput>,
  { caller }: Call,
) {
  const [[row], received, sent] = await readRows(db, id, caller);
  if (!row) throw new AppError('loan_not_found', 'There is no such loan.');
  const { loan, product, member, name } = row;
  const { principalCents, feeCents, disbursedOn } = loan;
  const spoken = language ?? member.language;
  const today = nairobiDay(clock.now());
  const { splits, ...standing } = disbursedOn === null ? {} : presentStanding(await readHistory(db, id), today, spoken);
  return {
    ...{
      loanId: id,
      reference: loan.reference,
      state: loan.state === 'closed' && received.some(isTold) ? 'closing' : loan.state,
      product: { code: product.code, name: product.name },
    },
    ...previewLoan({ ...product, principalCents, feeCents }, today),
    terms: describeTerms(product, spoken),
    ...{ reason: loan.reason, decisionNote: loan.decisionNote, appliedAt: loan.appliedAt, decidedAt: loan.decidedAt },
    ...{ disbursedOn, closedAt: loan.closedAt, settlesUntil: loan.settlesUntil },
    ...standing,
    repayments: received.map((repayment) => ({ ...presentRepayment(repayment), ...splits?.get(repayment.id) })),
    ...(caller.scopes.includes('loans:read') && {
      member: { memberId: member.id, number: memberNumber(member.number), name },
      payouts: sent.map(({ amountCents, ...payout }) => ({ ...payout, amount: shillings(amountCents) })),
    }),
  };
}

const readRows = (db: App['db'], id: string, caller: Caller) =>
  db.batch([
    db
      .select({ loan: loans, product: loanProducts, member: members, name: people.name })
      .from(loans)
      .innerJoin(loanProducts, eq(loanProducts.id, loans.productId))
      .innerJoin(members, eq(members.id, loans.memberId))
      .innerJoin(people, eq(people.id, members.personId))
      .where(and(eq(loans.id, id), visibleLoans(caller))),
    db
      .select({ ...repaymentColumns, receipt: deposits.receipt, provedAt: deposits.confirmedAt })
      .from(repayments)
      .innerJoin(deposits, eq(deposits.id, repayments.depositId))
      .where(eq(repayments.loanId, id))
      .orderBy(asc(repayments.receivedAt), asc(repayments.id)),
    db
      .select({ payoutId: payouts.id, state: payouts.state, amountCents: payouts.amountCents, requestedBy: payouts.requestedBy })
      .from(payouts)
      .where(and(eq(payouts.kind, 'loan'), eq(payouts.subjectId, id)))
      .orderBy(asc(payouts.id)),
  ]);

const repaymentColumns = {
  ...{ id: repayments.id, receivedAt: repayments.receivedAt, amountCents: repayments.amountCents, excessCents: repayments.excessCents },
  reversedAt: repayments.reversedAt,
};

type Repayment = {
  id: string;
  receivedAt: Date;
  receipt: string | null;
  provedAt: Date | null;
  amountCents: bigint;
  excessCents: bigint;
  reversedAt: Date | null;
};

/** Money that is told and not proved. */
const isTold = ({ provedAt, reversedAt }: Repayment): boolean => provedAt === null && reversedAt === null;

/** A repayment as it is shown: `amount` is the part that paid the loan. */
const presentRepayment = ({ id, receivedAt, receipt, provedAt, amountCents, excessCents, reversedAt }: Repayment) => ({
  ...{ repaymentId: id, receivedAt, mpesaReceiptNumber: receipt, amount: shillings(amountCents), toSavings: shillings(excessCents) },
  ...{ proved: provedAt !== null, reversedAt },
});
