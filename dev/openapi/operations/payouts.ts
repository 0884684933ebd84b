import * as z from 'zod';
import { PAYOUT_STATES } from '#mpesa/payouts/payouts.schema.ts';
import { actor, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const payoutState = z.enum(PAYOUT_STATES);

const Stop = z.strictObject({ reason: z.string(), since: time }).meta({ id: 'Stop', description: 'Why nothing leaves, and since when.' });

const PayoutPart = z
  .strictObject({
    withdrawalId: id,
    part: z.int(),
    amount: shillings,
    state: z.string(),
    receipt: z.string().nullable(),
    resultCode: z.string().nullable(),
    why: z.string().nullable(),
  })
  .meta({ id: 'PayoutPart', description: 'What one request to Safaricom sends. `why` says why it was rejected.' });

export const Payout = z
  .strictObject({
    payoutId: id,
    reference: z.string(),
    kind: z.enum(['payment', 'refund', 'reversal', 'manual', 'loan']),
    state: payoutState,
    amount: shillings,
    reason: z.string(),
    maskedPhone: z.string().nullable(),
    phoneNumber: z.string().nullable().describe('The whole number, for whoever may approve it.').optional(),
    bankReference: z.string().nullable(),
    portalReceipt: z.string().nullable(),
    externalReference: z.string().nullable(),
    requestedBy: actor,
    requestedAt: time,
    decidedBy: actor.nullable(),
    decidedAt: time.nullable(),
    parts: z.array(PayoutPart),
    givesBack: z
      .strictObject({
        depositId: id,
        paymentId: id.nullable(),
        receipt: z.string().nullable(),
        amount: shillings,
        payerName: z.string().nullable(),
        maskedPhone: z.string().nullable(),
      })
      .nullable()
      .describe('What a refund returns.'),
  })
  .meta({ id: 'Payout' });

const PayoutPage = z
  .strictObject({ payouts: z.array(Payout), nextBefore: id.nullable(), ...totals, stopped: Stop.nullable() })
  .meta({ id: 'PayoutPage', description: '`stopped` is null while payouts run.' });

export const payouts: Part = {
  tag: 'Payouts and refunds',
  about: 'Money out by B2C or reversal: requested, approved (above a limit by a second person), sent once.',
  operations: {
    requestPayout: operation(() => import('../../../netlify/functions/request-payout.ts'), {
      summary: 'Request a payout',
      description:
        'By B2C to a phone. With `bankReference` in the place of `phoneNumber` it records a bank transfer. Nothing leaves before it is approved.',
      answer: z
        .strictObject({ payoutId: id, reference: z.string(), state: z.literal('requested'), amount: shillings, parts: z.array(shillings) })
        .meta({ id: 'PayoutRequested' }),
      problems: ['external_reference_used', 'payouts_not_configured'],
      takesKey: true,
    }),
    listPayouts: operation(() => import('../../../netlify/functions/list-payouts.ts'), {
      summary: 'List payouts',
      description: '`payoutId` may be the id of a part; `receipt` is that of a part.',
      answer: PayoutPage,
    }),
    decidePayout: operation(() => import('../../../netlify/functions/decide-payout.ts'), {
      summary: 'Approve or decline a payout',
      description:
        'Above a limit, also of what one person approves alone in a day, by a second person. `waits` says what still keeps it here.',
      answer: z.strictObject({ payoutId: id, state: payoutState, waits: z.string().optional() }).meta({ id: 'PayoutDecided' }),
      problems: [
        ...(['insufficient_float', 'own_loan', 'payer_changed', 'payer_unknown', 'payout_decided', 'payout_not_found'] as const),
        ...(['payout_under_way', 'receipt_moved', 'receipt_unconfirmed', 'reversed_elsewhere', 'second_person_needed'] as const),
      ],
    }),
    sendPayoutAgain: operation(() => import('../../../netlify/functions/send-payout-again.ts'), {
      summary: 'Send again what M-PESA knows nothing of',
      description:
        'The parts of a payout whose end is unknown and of which Safaricom has said twice that it has no such payment, each with the id that it always had: M-PESA pays it once. The others are asked about again.',
      answer: z
        .strictObject({ payoutId: id, sent: z.int(), asked: z.int(), next: z.string() })
        .meta({ id: 'PayoutSentAgain', description: 'How many parts are sent, and how many are asked about again.' }),
      problems: ['payout_not_found', 'payout_not_unknown', 'payout_under_way', 'payouts_stopped'],
    }),
    stopPayouts: operation(() => import('../../../netlify/functions/stop-payouts.ts'), {
      summary: 'Stop all payouts',
      description: 'Payouts, refunds and disbursements, with a reason, until they are started again.',
      answer: z.strictObject({ stopped: Stop.nullable() }).meta({ id: 'PayoutsStopped' }),
      problems: ['payouts_stopped'],
    }),
    startPayouts: operation(() => import('../../../netlify/functions/start-payouts.ts'), {
      summary: 'Let payouts leave again',
      description: 'What waited leaves once.',
      answer: z.strictObject({ stopped: z.null(), was: Stop.nullable(), next: z.string() }).meta({ id: 'PayoutsStarted' }),
      problems: ['payouts_running', 'payouts_stopped'],
    }),
    requestRefund: operation(() => import('../../../netlify/functions/request-refund.ts'), {
      summary: 'Request a refund',
      description: `Of a payment or a deposit, to its payer and to no other: the whole by reversal, a part by B2C. It is approved like a payout, and comes with a credit note, which gives the customer the \`reason\`. Where the payer is not certain, send \`phoneNumber\`, and in \`identifiedBy\` how a person found it out.`,
      answer: z
        .strictObject({ payoutId: id, state: z.literal('requested'), method: z.enum(['reversal', 'b2c']), amount: shillings })
        .meta({ id: 'RefundRequested' }),
      problems: [
        ...(['deposit_not_found', 'deposit_refuted', 'payer_unknown', 'payment_not_found', 'payouts_not_configured'] as const),
        ...(['receipt_unconfirmed', 'refund_impossible', 'refund_too_large', 'reversed_elsewhere'] as const),
      ],
      takesKey: true,
    }),
  },
};
