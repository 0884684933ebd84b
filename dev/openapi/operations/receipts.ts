import * as z from 'zod';
import { actor, id, shillings, time } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

export const receipts: Part = {
  tag: 'Receipts',
  about: 'Receipts that Safaricom never told, recorded by one person and believed by another.',
  operations: {
    recordReceipt: operation(() => import('../../../netlify/functions/record-receipt.ts'), {
      summary: 'Record a receipt that Safaricom never told',
      description: 'Safaricom is asked, and books it where it has it. With `depositId` it gives a payment without a receipt its own.',
      answer: z
        .union([
          z.strictObject({
            receiptId: id,
            receipt: z.string(),
            shortcode: z.string(),
            amount: shillings,
            state: z.literal('named'),
            asked: z.boolean(),
          }),
          z.strictObject({
            receiptId: id,
            receipt: z.string(),
            shortcode: z.string(),
            amount: shillings,
            state: z.literal('asked'),
            asked: z.boolean(),
          }),
        ])
        .meta({ id: 'ReceiptRecorded' }),
      problems: [
        'booking_expired',
        'deposit_not_found',
        'deposit_refuted',
        'receipt_day_differs',
        'receipt_known',
        'reversed_elsewhere',
        'too_many_requests',
        'unknown_shortcode',
      ],
    }),
    listReceipts: operation(() => import('../../../netlify/functions/list-receipts.ts'), {
      summary: 'List recorded receipts',
      answer: z
        .strictObject({
          receipts: z.array(
            z.strictObject({
              recordedAt: time,
              decidedAt: time.nullable(),
              proved: z.boolean(),
              amount: shillings,
              at: time,
              reference: z.string().nullable(),
              phoneNumber: z.string().nullable(),
              receipt: z.string(),
              shortcode: z.string(),
              payerName: z.string().nullable(),
              reason: z.string(),
              state: z.enum(['asked', 'booked', 'named', 'found', 'rejected']),
              recordedBy: actor,
              decidedBy: actor.nullable(),
              decisionNote: z.string().nullable(),
              depositId: id.nullable(),
              receiptId: id,
            }),
          ),
          nextCursor: z.string().nullable(),
        })
        .meta({ id: 'ReceiptPage' }),
    }),
    approveReceipt: operation(() => import('../../../netlify/functions/approve-receipt.ts'), {
      summary: 'Approve a recorded receipt',
      description: 'By a second person: it is booked as told money, once; `found` where Safaricom has told it meanwhile.',
      answer: z.strictObject({ receiptId: id, state: z.string() }).meta({ id: 'ReceiptApproved' }),
      problems: [
        'booking_expired',
        'deposit_refuted',
        'receipt_day_differs',
        'receipt_decided',
        'receipt_known',
        'receipt_not_found',
        'reversed_elsewhere',
        'second_person_needed',
      ],
    }),
    rejectReceipt: operation(() => import('../../../netlify/functions/reject-receipt.ts'), {
      summary: 'Reject a recorded receipt',
      answer: z.strictObject({ receiptId: id, state: z.literal('rejected') }).meta({ id: 'ReceiptRejected' }),
      problems: ['receipt_decided', 'receipt_not_found', 'second_person_needed'],
    }),
    askPayment: operation(() => import('../../../netlify/functions/ask-payment.ts'), {
      summary: 'Ask Safaricom about a payment at once',
      description: 'How its open prompts ended: the answers are settled, and the payment is shown as it stands then.',
      answer: z
        .strictObject({
          prompts: z.array(z.strictObject({ attemptId: id, answer: z.enum(['settled', 'unclear', 'not_answered']) })),
          payment: z.strictObject({
            paymentId: id,
            reference: z.string(),
            type: z.string(),
            status: z.enum(['unknown', 'pending', 'paid', 'failed', 'expired', 'reversed', 'refunded']),
            amount: shillings,
            maskedPhone: z.string(),
            failureReason: z
              .enum([
                'unknown',
                'expired',
                'insufficient_funds',
                'amount_too_small',
                'limit',
                'daily_limit',
                'business_limit',
                'too_soon',
                'busy',
                'subscriber_locked',
                'prompt_not_sent',
                'cancelled',
                'unreachable',
                'wrong_pin',
                'pin_locked',
                'account_inactive',
                'network',
                'service_problem',
                'not_on_network',
                'invalid_phone',
              ])
              .nullable(),
            customerMessage: z.string(),
            mpesaReceiptNumber: z.string().nullable(),
            refundedAmount: z.number().nullable(),
            proved: z.boolean().nullable(),
            createdAt: time,
            expiresAt: time.nullable(),
            completedAt: time.nullable(),
            externalReference: z.string().nullable(),
            metadata: z.record(z.string(), z.union([z.boolean(), z.string(), z.number()])).nullable(),
            invoiceUrl: z.string().nullable(),
          }),
        })
        .meta({ id: 'PaymentAsked' }),
      problems: [
        'booking_expired',
        'deposit_refuted',
        'nothing_to_ask',
        'payment_not_found',
        'receipt_day_differs',
        'reversed_elsewhere',
        'too_many_requests',
      ],
    }),
    readBalances: operation(() => import('../../../netlify/functions/read-balances.ts'), {
      summary: 'Read what the books have on each account',
      description: 'And of each short code what is proved and told; `difference` is 0.',
      answer: z
        .strictObject({
          at: time,
          difference: shillings,
          shortcodes: z.array(z.strictObject({ shortcode: z.string(), proved: shillings, told: shillings, together: z.number() })),
          accounts: z.array(z.strictObject({ account: z.string(), kind: z.string(), name: z.string(), balance: shillings })),
        })
        .meta({ id: 'BooksBalances' }),
    }),
  },
};
