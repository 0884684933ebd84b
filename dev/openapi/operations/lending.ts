import * as z from 'zod';
import { actor, count, day, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';
import { termsInWords } from './loans.ts';

const limits = {
  capPercent: z.string().nullable(),
  frequency: z.enum(['once', 'per_period']),
  graceDays: count,
  inDuplum: z.boolean(),
};

const kind = z.enum(['fixed', 'percent']);

const Penalty = z.union([
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind, amount: shillings, ...limits }),
  z.strictObject({ kind, percent: z.string(), ...limits }),
]);

const LoanProduct = z
  .strictObject({
    code: z.string(),
    name: z.string(),
    method: z.enum(['flat', 'reducing']),
    interestPercent: z.string(),
    period: z.enum(['week', 'month']),
    instalments: count,
    min: shillings,
    max: shillings,
    fee: z.strictObject({ amount: shillings, percent: z.string(), charged: z.enum(['instalments', 'deducted']) }),
    penalty: Penalty,
    allocationOrder: z.array(z.enum(['penalty', 'fee', 'interest', 'principal'])),
    excess: z.enum(['instalment', 'full']),
    earlySettlement: z.enum(['all_interest', 'interest_to_date']),
    inWords: termsInWords,
  })
  .meta({ id: 'LoanProduct' });

const Waiver = z
  .strictObject({
    waiverId: id,
    loanId: id,
    reference: z.string(),
    instalment: count,
    period: count,
    amount: shillings,
    penalty: shillings.nullable(),
    chargedOn: day.nullable(),
    reason: z.string(),
    state: z.string(),
    requestedBy: actor,
    requestedAt: time,
    decidedBy: actor.nullable(),
    decidedAt: time.nullable(),
  })
  .meta({ id: 'Waiver' });

export const lending: Part = {
  tag: 'Loan products and waivers',
  about: 'The terms of loans, and penalties that two people waive.',
  operations: {
    listLoanProducts: operation(() => import('../../../netlify/functions/list-loan-products.ts'), {
      summary: 'List the loans that are offered',
      description:
        'With all terms, also in words (`language`): flat or reducing, weekly or monthly, fee, grace, penalty with its cap, what a payment pays first.',
      answer: z.strictObject({ products: z.array(LoanProduct) }).meta({ id: 'LoanProducts' }),
    }),
    putLoanProducts: operation(() => import('../../../netlify/functions/put-loan-products.ts'), {
      summary: 'Change the loans that are offered',
      description: 'New terms are for new loans.',
      answer: z.strictObject({ changed: z.array(z.string()), retired: z.array(z.string()) }).meta({ id: 'LoanProductsChanged' }),
      problems: ['product_not_found'],
    }),
    requestWaiver: operation(() => import('../../../netlify/functions/request-waiver.ts'), {
      summary: 'Request that a penalty is waived',
      answer: z
        .strictObject({
          waiverId: id,
          loanId: id,
          reference: z.string(),
          state: z.literal('requested'),
          instalment: count,
          period: count,
          amount: shillings,
        })
        .meta({ id: 'WaiverRequested' }),
      problems: ['loan_not_found', 'penalty_not_found', 'waiver_too_large'],
      takesKey: true,
    }),
    listWaivers: operation(() => import('../../../netlify/functions/list-waivers.ts'), {
      summary: 'List waivers',
      answer: z.strictObject({ waivers: z.array(Waiver), nextBefore: id.nullable(), ...totals }).meta({ id: 'WaiverPage' }),
    }),
    decideWaiver: operation(() => import('../../../netlify/functions/decide-waiver.ts'), {
      summary: 'Approve or decline a waiver',
      description: 'By another person than the one who requested it, and never by the borrower.',
      answer: z.strictObject({ waiverId: id, state: z.string(), amount: shillings }).meta({ id: 'WaiverDecided' }),
      problems: ['own_loan', 'penalty_not_found', 'second_person_needed', 'waiver_decided', 'waiver_not_found', 'waiver_too_large'],
    }),
  },
};
