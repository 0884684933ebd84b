import * as z from 'zod';
import { count, day, id, shillings, time } from '../fields.ts';
import { operation, type Part } from '../operation.ts';
import { failureReason, Payment } from './payments.ts';

const percent = z.number().nullable();
const seconds = z.number().nullable();
const span = { from: day, to: day };

const FailedPrompts = z
  .strictObject({
    reason: z.union([failureReason, z.literal('no_answer')]),
    message: z.string(),
    codes: z.array(z.string()),
    prompts: count,
    amount: shillings,
    ofPromptsPercent: percent,
  })
  .meta({ id: 'FailedPrompts' });

const success = {
  promptsMade: count,
  promptsAccepted: count,
  promptsPaid: count,
  ofAcceptedPercent: percent,
  paymentsCreated: count,
  paymentsPaid: count,
  paymentsReversed: count,
  paymentsOpen: count,
  ofCreatedPercent: percent,
};

const DailySummary = z
  .strictObject({
    ...span,
    days: z.array(
      z.strictObject({
        on: day,
        received: shillings,
        paidAmount: shillings,
        revenue: shillings,
        vat: shillings,
        ...success,
        promptsFailed: count,
        medianSeconds: seconds,
        p95Seconds: seconds,
        failures: z.array(FailedPrompts),
        payouts: count,
        paidOut: shillings,
        movements: count,
        unproved: count,
        missed: count,
        recovered: count,
        sms: count,
        emails: count,
      }),
    ),
  })
  .meta({ id: 'DailySummary' });

const WaitingPayment = z
  .strictObject({
    paymentId: id,
    reference: z.string(),
    type: z.string(),
    amount: shillings,
    promptedAt: time,
    waitsSeconds: count,
    openPrompts: count,
  })
  .meta({ id: 'WaitingPayment' });

const revenue = {
  total: shillings,
  vat: shillings,
  sales: shillings,
  donations: shillings,
  rounding: shillings,
  counterSales: shillings,
  bookingFees: shillings,
  loanInterest: shillings,
  loanFees: shillings,
  loanPenalties: shillings,
  givenBack: shillings,
};

const times = { payments: count, medianSeconds: seconds, p95Seconds: seconds };
const failures = { prompts: count, failed: count, reasons: z.array(FailedPrompts) };

const Forecast = z
  .union([
    z.strictObject({ ofDays: count, netPerDay: z.null(), lastsDays: z.null(), lastsUntil: z.null() }),
    z.strictObject({ ofDays: count, netPerDay: shillings, lastsDays: z.null(), lastsUntil: z.null() }),
    z.strictObject({ ofDays: count, netPerDay: shillings, lastsDays: z.number(), lastsUntil: z.string().nullable() }),
  ])
  .meta({ id: 'Forecast' });

const messages = {
  messages: count,
  cost: shillings,
  kinds: z.array(
    z.strictObject({
      channel: z.enum(['sms', 'email']).optional(),
      kind: z.string().optional(),
      messages: count,
      parts: count,
      cost: shillings,
    }),
  ),
};

export const dailyReports: Part = {
  tag: 'Reports by day',
  about: 'Figures by day, in Nairobi, `from` and `to` included; what waits is of now.',
  operations: {
    readDailySummary: operation(() => import('../../../netlify/functions/read-daily-summary.ts'), {
      summary: 'Read how each day was',
      description: 'In one line a day: received, paid, revenue, both success rates, times, payouts, messages.',
      answer: DailySummary,
    }),
    readRecentPayments: operation(() => import('../../../netlify/functions/read-recent-payments.ts'), {
      summary: 'Read the newest payments',
      answer: z.strictObject({ ...span, payments: z.array(Payment) }).meta({ id: 'RecentPayments' }),
    }),
    readPending: operation(() => import('../../../netlify/functions/read-pending.ts'), {
      summary: 'Read which payments wait for their end',
      description: 'Those whose prompt has no end yet, now: how many, how much, the longest waiting first. It has no `from` and `to`.',
      answer: z
        .strictObject({ pending: count, amount: shillings, oldest: WaitingPayment.nullable(), payments: z.array(WaitingPayment) })
        .meta({ id: 'PendingPayments' }),
    }),
    readRevenue: operation(() => import('../../../netlify/functions/read-revenue.ts'), {
      summary: 'Read what was earned',
      description: 'By day and kind, without VAT.',
      answer: z
        .strictObject({
          ...span,
          definition: z.string(),
          days: z.array(z.strictObject({ on: day, ...revenue })),
          total: z.strictObject(revenue),
        })
        .meta({ id: 'Revenue' }),
    }),
    readSuccessRate: operation(() => import('../../../netlify/functions/read-success-rate.ts'), {
      summary: 'Read how many prompts and payments were paid',
      description: 'Prompts paid of those that Safaricom accepted, payments paid of those that were asked for.',
      answer: z
        .strictObject({
          ...span,
          definitions: z.strictObject({ ofAcceptedPercent: z.string(), ofCreatedPercent: z.string(), on: z.string() }),
          days: z.array(z.strictObject({ on: day, ...success })),
          total: z.strictObject(success),
        })
        .meta({ id: 'SuccessRate' }),
    }),
    readTimeToPay: operation(() => import('../../../netlify/functions/read-time-to-pay.ts'), {
      summary: 'Read how long customers take to pay',
      description: 'Median and 95 % of the seconds from prompt to payment, within 2.5 %.',
      answer: z
        .strictObject({
          ...span,
          definition: z.string(),
          days: z.array(z.strictObject({ on: day, ...times })),
          total: z.strictObject(times),
        })
        .meta({ id: 'TimeToPay' }),
    }),
    readFailures: operation(() => import('../../../netlify/functions/read-failures.ts'), {
      summary: 'Read why prompts failed',
      description: "With Safaricom's codes.",
      answer: z
        .strictObject({ ...span, days: z.array(z.strictObject({ on: day, ...failures })), total: z.strictObject(failures) })
        .meta({ id: 'Failures' }),
    }),
    readFloat: operation(() => import('../../../netlify/functions/read-float.ts'), {
      summary: 'Read what the float holds, and how long it lasts',
      description: 'Per short code what is proved, told, promised and available, a forecast, and what moved by day.',
      answer: z
        .strictObject({
          ...span,
          definition: z.string(),
          now: z.array(
            z.strictObject({
              shortcode: z.string(),
              float: shillings,
              told: shillings,
              promised: shillings,
              available: shillings,
              forecast: Forecast,
            }),
          ),
          days: z.array(z.strictObject({ on: day, shortcode: z.string(), in: shillings, out: shillings, net: shillings })),
        })
        .meta({ id: 'FloatReport' }),
    }),
    readMessages: operation(() => import('../../../netlify/functions/read-messages.ts'), {
      summary: 'Read which messages went out, and what they cost',
      description: 'SMS and e-mails by kind, with parts and cost.',
      answer: z
        .strictObject({
          ...span,
          prices: z.strictObject({ smsPart: shillings, email: shillings }),
          days: z.array(z.strictObject({ on: day, ...messages })),
          total: z.strictObject(messages),
        })
        .meta({ id: 'MessagesReport' }),
    }),
  },
};
