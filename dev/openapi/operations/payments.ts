import * as z from 'zod';
import { PAYMENT_STATUSES } from '#mpesa/payments/payments.schema.ts';
import { id, metadata, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

export const paymentStatus = z.enum(PAYMENT_STATUSES);

export const failureReason = z.enum([
  ...([
    'insufficient_funds',
    'amount_too_small',
    'limit',
    'daily_limit',
    'business_limit',
    'too_soon',
    'busy',
    'subscriber_locked',
  ] as const),
  ...(['expired', 'prompt_not_sent', 'cancelled', 'unreachable', 'wrong_pin', 'pin_locked', 'account_inactive', 'network'] as const),
  ...(['service_problem', 'not_on_network', 'invalid_phone', 'unknown'] as const),
]);

export const Payment = z
  .strictObject({
    paymentId: id,
    reference: z.string(),
    type: z.string(),
    status: paymentStatus,
    amount: shillings,
    maskedPhone: z.string(),
    failureReason: failureReason.nullable(),
    customerMessage: z.string(),
    mpesaReceiptNumber: z.string().nullable(),
    refundedAmount: shillings.nullable(),
    proved: z.boolean().nullable(),
    createdAt: time,
    expiresAt: time.nullable(),
    completedAt: time.nullable(),
    externalReference: z.string().nullable(),
    metadata: metadata.nullable(),
    invoiceUrl: z.string().nullable(),
  })
  .meta({ id: 'Payment' });

const PromptedPayment = z
  .strictObject({
    paymentId: id,
    reference: z.string(),
    status: z.enum(['pending', 'unknown']),
    amount: shillings,
    maskedPhone: z.string(),
    customerMessage: z.string(),
    expiresAt: time,
  })
  .meta({ id: 'PromptedPayment' });

const PaymentPage = z
  .strictObject({
    payments: z.array(Payment.extend({ caller: z.string().optional() }).meta({ id: 'ListedPayment' })),
    nextCursor: z.string().nullable(),
    ...totals,
  })
  .meta({ id: 'PaymentPage' });

export const payments: Part = {
  tag: 'Payments',
  about: 'A customer is prompted on their phone, and pays with their M-PESA PIN. A website needs no more than the first two.',
  operations: {
    stkPush: operation(() => import('../../../netlify/functions/stk-push.ts'), {
      summary: 'Prompt a customer to pay',
      description: `Send what is bought (\`items\`), or \`type\` "savings" or "loan_repayment" with the reference in \`subject\` and an \`amount\`, or the \`bookingId\` of a booking, or the \`paymentId\` of a payment to try again that was not paid. An \`externalReference\` is used once per API key, and by visitors once per phone number.

The answer is what was asked for, not what was paid: ask for the payment until its status is no longer \`pending\` or \`unknown\`. Every refusal carries \`customerMessage\`, in the \`language\` that was sent.`,
      answer: PromptedPayment,
      standsAs: Payment,
      problems: [
        ...([
          'already_paid',
          'amount_mismatch',
          'amount_out_of_range',
          'booking_expired',
          'daily_cap',
          'donation_amount_required',
        ] as const),
        ...(['donation_out_of_range', 'external_reference_used', 'not_a_donation', 'payment_being_checked', 'payment_not_found'] as const),
        ...(['payment_returned', 'phone_refused', 'price_is_fixed', 'prompt_open', 'provider_refused', 'provider_unavailable'] as const),
        ...(['still_checking', 'subscriber_locked', 'too_many_prompts', 'too_many_requests', 'type_not_offered', 'unknown_item'] as const),
        'unknown_reference',
      ],
      takesKey: true,
    }),
    status: operation(() => import('../../../netlify/functions/status.ts'), {
      summary: 'Read how a payment stands',
      description: `For whoever holds its id, which cannot be guessed. \`proved\` says whether the money is proved, or told: only a notice has reported it. Where told money waits for proof (\`WAIT_FOR_PROOF\`) the payment is \`unknown\` with \`proved: false\` and words that say so. \`reversed\` (taken back, or it never came) and \`refunded\` (the whole, or the part in \`refundedAmount\`) can no longer be paid: start a new order.`,
      answer: Payment,
      problems: ['payment_not_found'],
    }),
    listPayments: operation(() => import('../../../netlify/functions/list-payments.ts'), {
      summary: 'List payments',
      description:
        'Customers see what their own number has paid, treasurers and keys all. `status` is as shown; `caller` is `visitor` or `key:<id>`, and each row shows it. Days are days in Nairobi, `to` included.',
      answer: PaymentPage,
    }),
  },
};
