import * as z from 'zod';
import { count, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const PaymentSuggestion = z
  .strictObject({
    paymentId: id,
    reference: z.string(),
    amount: shillings,
    maskedPhone: z.string(),
    createdAt: time,
    reasons: z.array(z.enum(['amount', 'reference', 'phone', 'phone_end'])),
  })
  .meta({ id: 'PaymentSuggestion' });

const StandingSuggestion = z
  .strictObject({
    standingReference: z.string(),
    kind: z.enum(['loan', 'savings']),
    maskedPhone: z.string(),
    reasons: z.array(z.enum(['reference', 'phone'])),
  })
  .meta({ id: 'StandingSuggestion' });

/** What money may be for. */
export const suggestion = z.union([PaymentSuggestion, StandingSuggestion]);

const Deposit = z
  .strictObject({
    depositId: id,
    source: z.enum(['stk', 'c2b', 'status', 'pull', 'statement']),
    receipt: z.string().nullable(),
    amount: shillings,
    waiting: shillings,
    settledAt: time,
    typedReference: z.string().nullable(),
    payerName: z.string().nullable(),
    maskedPhone: z.string().nullable(),
    payerShown: z.enum(['whole', 'end', 'hash']).nullable(),
    paymentId: id.nullable(),
    paymentReference: z.string().nullable(),
    paymentStatus: z.string().nullable(),
    proved: z.boolean(),
    confirmedAt: time.nullable(),
    refuted: z.boolean(),
    reversedElsewhere: z.boolean(),
    reversedAmount: shillings.nullable().describe('How much of it signed statements show as reversed in the portal.'),
    state: z.string().optional(),
    givenBack: shillings.optional(),
    sameAs: id.nullable().optional(),
    lostReceipt: z.string().nullable().optional(),
    suggestions: z.array(suggestion).optional(),
  })
  .meta({
    id: 'Deposit',
    description:
      'Money that came. `waiting` is what of it has no place in the books yet. `lostReceipt` is the M-PESA code that it had and that other money has now, `sameAs` the money that it turned out to be.',
  });

const Paid = z.union([
  z.strictObject({ paymentId: id, reference: z.string(), amount: shillings }),
  z.strictObject({ standingReference: z.string(), kind: z.enum(['loan', 'savings']), amount: shillings }),
  z.strictObject({ receivable: id, reference: z.string(), amount: shillings }),
]);

export const deposits: Part = {
  tag: 'Paybill money',
  about: 'Money that customers send by themselves, and what a person decides about it.',
  operations: {
    listDeposits: operation(() => import('../../../netlify/functions/list-deposits.ts'), {
      summary: 'List money that waits for a person',
      description:
        'By `state`, with suggestions of what it may be for; or any money that came, by `receipt`, `depositId` or `paymentId`, with its `state`.',
      answer: z.strictObject({ deposits: z.array(Deposit), nextBefore: id.nullable(), ...totals }).meta({ id: 'DepositPage' }),
    }),
    matchDeposit: operation(() => import('../../../netlify/functions/match-deposit.ts'), {
      summary: 'Say what a deposit pays',
      description:
        'Matches or splits it, a treasurer never to their own account or loan. `receivable` is what somebody owes us back, by the subject of its task.',
      answer: z.strictObject({ depositId: id, paid: z.array(Paid), left: shillings }).meta({ id: 'DepositMatched' }),
      problems: [
        ...([
          'already_paid',
          'amount_mismatch',
          'deposit_not_found',
          'deposit_refuted',
          'deposit_too_small',
          'nothing_in_suspense',
        ] as const),
        ...(['own_account', 'own_loan', 'payment_not_found', 'payout_under_way'] as const),
        ...(['receipt_unconfirmed', 'reversed_elsewhere', 'unknown_reference'] as const),
      ],
    }),
    unmatchDeposit: operation(() => import('../../../netlify/functions/unmatch-deposit.ts'), {
      summary: 'Undo a match to what somebody owes us back',
      description:
        'All that was matched of the deposit to `receivable` is owed again, and waits in suspense again (`waiting`), to be matched elsewhere or refunded. By another person than who matched it, never with an API key.',
      answer: z.strictObject({ depositId: id, receivable: id, waiting: shillings, owed: shillings }).meta({ id: 'DepositUnmatched' }),
      problems: ['deposit_not_found', 'not_matched', 'own_account', 'second_person_needed'],
    }),
    takeBackDeposit: operation(() => import('../../../netlify/functions/take-back-deposit.ts'), {
      summary: 'Take back money that did not come',
      description:
        'Refuted money, or money that was reversed in the portal, is taken back everywhere, once: sale with a credit note, booking, savings, repayments. A part that was reversed is booked as its refund, out of a sale, suspense, savings or a held fee, and the rest is free again.',
      answer: z
        .union([
          z.strictObject({ depositId: id, state: z.string(), amount: shillings }),
          z.strictObject({ depositId: id, state: z.string() }),
        ])
        .meta({ id: 'DepositTakenBack' }),
      problems: [
        ...(['deposit_not_found', 'deposit_not_refuted', 'deposit_refuted', 'money_already_moved', 'payout_under_way'] as const),
        ...(['refund_too_large', 'repayment_not_found', 'repayment_reversed', 'reversed_elsewhere'] as const),
      ],
    }),
    retryNotices: operation(() => import('../../../netlify/functions/retry-notices.ts'), {
      summary: 'Read unreadable notices again',
      description: 'After what made them unreadable was corrected. `more` says that there are more than fit into one request.',
      answer: z.strictObject({ read: count, settled: count, booked: count, asked: count, more: z.boolean() }).meta({ id: 'NoticesRead' }),
    }),
    registerUrls: operation(() => import('../../../netlify/functions/register-urls.ts'), {
      summary: 'Tell Safaricom where to send paybill notices',
      answer: z
        .strictObject({
          shortcode: z.string(),
          version: z.enum(['v1', 'v2']),
          responseType: z.enum(['Completed', 'Cancelled']),
          registered: z.boolean(),
        })
        .meta({ id: 'UrlsRegistered' }),
      problems: ['address_refused', 'provider_refused', 'provider_unavailable', 'urls_already_registered'],
    }),
  },
};
