import * as z from 'zod';
import { PAYOUT_STATES } from '#mpesa/payouts/payouts.schema.ts';
import { SHOWN_STATES } from '#sacco/loans/shown-state.ts';
import { actor, count, day, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const state = z.enum(SHOWN_STATES);
const product = z.strictObject({ code: z.string(), name: z.string() });
const member = z.strictObject({ memberId: id, number: z.string(), name: z.string() });

export const termsInWords = z.strictObject({ fee: z.string(), interest: z.string(), payments: z.string(), penalties: z.string() });

const planned = { number: count, dueOn: day, principal: shillings, interest: shillings, fee: shillings, amount: shillings };

const PlannedInstalment = z.strictObject(planned).meta({ id: 'PlannedInstalment' });

const Instalment = z
  .strictObject({ ...planned, paid: shillings, unpaid: shillings, state: z.enum(['paid', 'overdue', 'due', 'open']) })
  .meta({ id: 'Instalment', description: 'An instalment of a loan that was disbursed.' });

const Schedule = z.array(PlannedInstalment).meta({ id: 'Schedule' });

/** What a loan that runs still costs. */
const standing = {
  due: shillings.optional(),
  next: z.strictObject({ number: count, dueOn: day, amount: shillings }).nullable().optional(),
  outstanding: shillings.optional(),
  settlement: shillings.optional(),
  toPay: z.strictObject({ due: shillings, next: shillings, settlement: shillings }).optional(),
};

const ListedLoan = z
  .strictObject({
    loanId: id,
    reference: z.string(),
    state,
    product,
    amount: shillings,
    appliedAt: time,
    disbursedOn: day.nullable(),
    member: member.optional(),
    ...standing,
  })
  .meta({ id: 'ListedLoan' });

const Loan = z
  .strictObject({
    loanId: id,
    reference: z.string(),
    state,
    product,
    amount: shillings,
    fee: shillings,
    arrives: shillings,
    totalToPay: shillings,
    reason: z.string().nullable(),
    decisionNote: z.string().nullable(),
    appliedAt: time,
    decidedAt: time.nullable(),
    disbursedOn: day.nullable(),
    closedAt: time.nullable(),
    settlesUntil: time.nullable(),
    terms: termsInWords,
    schedule: z.array(z.union([Instalment, PlannedInstalment])),
    repayments: z.array(
      z.strictObject({
        repaymentId: id,
        receivedAt: time,
        reversedAt: time.nullable(),
        mpesaReceiptNumber: z.string().nullable(),
        amount: shillings,
        proved: z.boolean(),
        toSavings: shillings,
        penalty: shillings.optional(),
        fee: shillings.optional(),
        interest: shillings.optional(),
        principal: shillings.optional(),
      }),
    ),
    penalties: z
      .array(
        z.strictObject({
          number: count,
          period: count,
          chargedOn: day,
          days: count,
          amount: shillings,
          paid: shillings,
          waived: shillings,
          unpaid: shillings,
          explanation: z.string(),
        }),
      )
      .optional(),
    member: member.optional(),
    payouts: z.array(z.strictObject({ payoutId: id, amount: shillings, state: z.enum(PAYOUT_STATES), requestedBy: actor })).optional(),
    ...standing,
  })
  .meta({ id: 'Loan', description: '`closing`: told money has paid it off, and is not proved yet.' });

const offer = { amount: shillings, fee: shillings, arrives: shillings, totalToPay: shillings, schedule: Schedule };

const Applied = z
  .strictObject({ loanId: id, reference: z.string(), state: z.literal('submitted'), productCode: z.string(), ...offer })
  .meta({ id: 'LoanAppliedFor' });

const Decided = z
  .strictObject({ loanId: id, reference: z.string(), state: z.enum(['approved', 'rejected']), ...z.strictObject(offer).partial().shape })
  .meta({ id: 'LoanDecided' });

const Disbursed = z
  .strictObject({
    loanId: id,
    reference: z.string(),
    state,
    payout: z.strictObject({ payoutId: id, amount: shillings, state: z.string() }),
  })
  .meta({ id: 'LoanDisbursed' });

export const loans: Part = {
  tag: 'Loans',
  about: 'Applied for, decided by another person, disbursed once, repaid in any way money comes.',
  operations: {
    applyForLoan: operation(() => import('../../../netlify/functions/apply-for-loan.ts'), {
      summary: 'Apply for a loan',
      description: 'Answers with the `reference` to pay with, what arrives and the schedule.',
      answer: Applied,
      problems: ['loan_out_of_range', 'not_a_member', 'product_not_found', 'too_many_applications'],
      takesKey: true,
    }),
    listLoans: operation(() => import('../../../netlify/functions/list-loans.ts'), {
      summary: 'List loans',
      description: 'Members see their own, treasurers and keys all: by `state`, `memberId`, `overdue` or `mine`.',
      answer: z.strictObject({ loans: z.array(ListedLoan), nextCursor: z.string().nullable(), ...totals }).meta({ id: 'LoanPage' }),
    }),
    readLoan: operation(() => import('../../../netlify/functions/read-loan.ts'), {
      summary: 'Read how a loan stands',
      description:
        'Schedule, penalties each explained, repayments with what they paid and whether each is `proved`, what is due and what settles it early.',
      answer: Loan,
      problems: ['loan_not_found'],
    }),
    decideLoan: operation(() => import('../../../netlify/functions/decide-loan.ts'), {
      summary: 'Approve or reject an application',
      description: "Once, and never one's own. An approval may be for less.",
      answer: Decided,
      problems: ['loan_decided', 'loan_not_found', 'loan_out_of_range', 'own_loan'],
    }),
    withdrawLoan: operation(() => import('../../../netlify/functions/withdraw-loan.ts'), {
      summary: 'Withdraw an application',
      answer: z.strictObject({ loanId: id, reference: z.string(), state: z.literal('withdrawn') }).meta({ id: 'LoanWithdrawn' }),
      problems: ['loan_decided', 'loan_not_found'],
    }),
    disburseLoan: operation(() => import('../../../netlify/functions/disburse-loan.ts'), {
      summary: 'Send the money of a loan',
      description: "To the borrower's phone, once, also when pressed again. Above a limit a second person approves the payout.",
      answer: Disbursed,
      problems: [
        ...(['insufficient_float', 'loan_not_approved', 'loan_not_found', 'no_phone', 'own_loan', 'payout_decided'] as const),
        ...(['payout_under_way', 'payouts_not_configured', 'second_person_needed'] as const),
      ],
    }),
    settleLoan: operation(() => import('../../../netlify/functions/settle-loan.ts'), {
      summary: 'Ask what settles a loan today',
      description: 'In whole shillings: the next payment of at least that much, whichever way it comes, settles it early.',
      answer: z.strictObject({ loanId: id, reference: z.string(), amount: shillings, validUntil: time }).meta({ id: 'Settlement' }),
      problems: ['loan_not_active', 'loan_not_found'],
    }),
    reverseRepayment: operation(() => import('../../../netlify/functions/reverse-repayment.ts'), {
      summary: 'Reverse a repayment',
      description: 'It moves to suspense, once, to be matched elsewhere or refunded; the loan is recomputed without it.',
      answer: z
        .strictObject({ repaymentId: id, loanReference: z.string(), depositId: id, waiting: shillings })
        .meta({ id: 'RepaymentReversed' }),
      problems: ['money_already_moved', 'repayment_not_found', 'repayment_reversed'],
    }),
  },
};
