import * as z from 'zod';
import { RECORDED_STATES } from '#mpesa/paybill/recorded-receipts.schema.ts';
import { actor, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';
import { Payment } from './payments.ts';

const RecordedReceipt = z
  .strictObject({
    receiptId: id,
    receipt: z.string(),
    state: z.enum(RECORDED_STATES),
    proved: z.boolean().describe('Whether Safaricom or a statement has shown it since.'),
    amount: shillings,
    at: time.describe("M-PESA's time of the payment."),
    shortcode: z.string(),
    reference: z.string().nullable(),
    phoneNumber: z.string().nullable(),
    payerName: z.string().nullable(),
    reason: z.string(),
    depositId: id.nullable(),
    recordedBy: actor,
    recordedAt: time,
    decidedBy: actor.nullable(),
    decidedAt: time.nullable(),
    decisionNote: z.string().nullable(),
  })
  .meta({
    id: 'RecordedReceipt',
    description:
      '`asked` waits for a second person, `booked` was believed, `named` gave a payment its receipt, `found` was told by Safaricom meanwhile, `rejected` was not believed.',
  });

const ReceiptRecorded = z
  .strictObject({
    receiptId: id,
    receipt: z.string(),
    shortcode: z.string(),
    amount: shillings,
    state: z.literal('asked'),
    asked: z.boolean().describe('Whether Safaricom is asked about it.'),
  })
  .meta({ id: 'ReceiptRecorded' });

const PaymentAsked = z
  .strictObject({
    prompts: z.array(z.strictObject({ attemptId: id, answer: z.enum(['settled', 'unclear', 'not_answered']) })),
    payment: Payment,
  })
  .meta({ id: 'PaymentAsked' });

const BooksBalances = z
  .strictObject({
    at: time,
    difference: shillings.describe('0: the books balance.'),
    shortcodes: z.array(
      z.strictObject({
        shortcode: z.string(),
        proved: shillings.describe('What of it is proved.'),
        told: shillings.describe('What of it only a notice has reported.'),
        together: shillings,
      }),
    ),
    accounts: z.array(z.strictObject({ account: z.string(), kind: z.string(), name: z.string(), balance: shillings })),
  })
  .meta({ id: 'BooksBalances' });

export const receipts: Part = {
  tag: 'Receipts',
  about: 'Receipts that Safaricom never told, recorded by one person and believed by another; asking again at once; what the books have.',
  operations: {
    recordReceipt: operation(() => import('../../../netlify/functions/record-receipt.ts'), {
      summary: 'Record a receipt that Safaricom never told',
      description:
        'State `asked`: Safaricom is asked, and books it where it has it. `{receipt, depositId, reason}` is the code of a payment that has none.',
      answer: ReceiptRecorded,
      problems: [
        'deposit_not_found',
        'own_account',
        'own_loan',
        'receipt_day_differs',
        'receipt_known',
        'too_many_requests',
        'unknown_shortcode',
      ],
    }),
    listReceipts: operation(() => import('../../../netlify/functions/list-receipts.ts'), {
      summary: 'List recorded receipts',
      description: 'By `state` (`asked`, `booked`, `named`, `found`, `rejected`) or `receipt`; each says whether it is `proved`.',
      answer: z
        .strictObject({ receipts: z.array(RecordedReceipt), nextCursor: z.string().nullable(), ...totals })
        .meta({ id: 'ReceiptPage' }),
    }),
    approveReceipt: operation(() => import('../../../netlify/functions/approve-receipt.ts'), {
      summary: 'Approve a recorded receipt',
      description:
        'By a second person: it is booked as told money, once, or `named` as the code of its payment; `found` where Safaricom has told it meanwhile.',
      answer: z.strictObject({ receiptId: id, state: z.enum(['booked', 'named', 'found']) }).meta({ id: 'ReceiptApproved' }),
      problems: [
        'deposit_not_found',
        'own_account',
        'own_loan',
        'receipt_decided',
        'receipt_known',
        'receipt_not_found',
        'second_person_needed',
      ],
    }),
    rejectReceipt: operation(() => import('../../../netlify/functions/reject-receipt.ts'), {
      summary: 'Reject a recorded receipt',
      description: 'By a second person, with a `reason`, once: nothing is booked.',
      answer: z.strictObject({ receiptId: id, state: z.literal('rejected') }).meta({ id: 'ReceiptRejected' }),
      problems: ['receipt_decided', 'receipt_not_found', 'second_person_needed'],
    }),
    askPayment: operation(() => import('../../../netlify/functions/ask-payment.ts'), {
      summary: 'Ask Safaricom about a payment at once',
      description:
        'How its open prompts ended: the answers are settled, and the payment is shown as it stands then. `answer` is `settled`, `unclear` or `not_answered`.',
      answer: PaymentAsked,
      problems: ['nothing_to_ask', 'payment_not_found', 'too_many_requests'],
    }),
    readBalances: operation(() => import('../../../netlify/functions/read-balances.ts'), {
      summary: 'Read what the books have on each account',
      description: 'And of each short code what is `proved` and `told`; `difference` is 0.',
      answer: BooksBalances,
    }),
  },
};
