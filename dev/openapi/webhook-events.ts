import * as z from 'zod';
import type { ZodOpenApiPathItemObject } from 'zod-openapi';
import { EVENT_TYPES, EVENTS, type EventType } from '#desk/webhooks/events.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { LOAN_STATES } from '#sacco/loans/math/terms.ts';
import { BOOKING_STATES } from '#shop/bookings/bookings.schema.ts';
import { count, day, id, shillings, time } from './fields.ts';
import { Payment } from './operations/payments.ts';
import { Payout } from './operations/payouts.ts';

const payment = Payment.omit({ maskedPhone: true, metadata: true, customerMessage: true, expiresAt: true }).extend({
  object: z.literal('payment'),
});

const booking = z.strictObject({
  object: z.literal('booking'),
  bookingId: id,
  reference: z.string(),
  state: z.enum(BOOKING_STATES),
  amount: shillings,
  proved: z.boolean().nullable(),
  expiresAt: time,
  heldAt: time.nullable(),
  resolvedAt: time.nullable(),
  incomeAmount: shillings.nullable(),
  payoutId: id.nullable(),
  payoutAmount: shillings.nullable(),
  externalReference: z.string().nullable(),
});

const payout = z.strictObject({
  object: z.literal('payout'),
  payoutId: id,
  reference: z.string(),
  kind: Payout.shape.kind,
  state: Payout.shape.state,
  amount: shillings,
  paidAmount: shillings.describe('How much of it has arrived, in shillings.'),
  mpesaReceiptNumbers: z.array(z.string()),
  failureReasons: z.array(z.string()).describe('Why the rest has not arrived, in words.'),
  paymentId: id.nullable(),
  externalReference: z.string().nullable(),
  requestedAt: time,
});

const invoice = z.strictObject({
  object: z.literal('invoice'),
  invoiceId: id,
  kind: z.enum(['invoice', 'receipt', 'credit_note']),
  number: z.string().nullable(),
  paymentId: id,
  total: shillings,
  issuedAt: time.nullable(),
  sentAt: time.nullable(),
  invoiceUrl: z.string(),
});

const deposit = z.strictObject({
  object: z.literal('deposit'),
  depositId: id,
  state: z.enum(['unidentified', 'identified']),
  amount: shillings,
  mpesaReceiptNumber: z.string().nullable(),
  shortcode: z.string().nullable(),
  proved: z.boolean(),
  movedAt: time.nullable(),
  heardAt: time,
});

const loan = z.strictObject({
  object: z.literal('loan'),
  loanId: id,
  reference: z.string(),
  state: z.enum(LOAN_STATES),
  principal: shillings,
  outstanding: shillings.describe('All that its schedule and its penalties still ask for, in shillings.'),
  memberId: id,
  memberNumber: z.string(),
  appliedAt: time,
  disbursedOn: day.nullable(),
  closedAt: time.nullable(),
  repayment: z
    .strictObject({ repaymentId: id, amount: shillings, receivedAt: time, reversedAt: time.nullable() })
    .describe('With an event about a repayment: that one.')
    .optional(),
});

const member = z.strictObject({
  object: z.literal('member'),
  memberId: id,
  memberNumber: z.string(),
  language: z.enum(LANGUAGES),
  joinedAt: time,
});

type Kind<T extends string> = T extends `${infer K}.${string}` ? K : never;

/** The shape of an event's body, with all types of its kind. */
const event = <T extends string, D extends z.ZodType>(name: string, types: readonly T[], data: D) =>
  z
    .strictObject({
      id: id.describe('The same for every try, every replay and every endpoint.'),
      type: z.enum(types),
      timestamp: time.describe('When it happened.'),
      version: count.describe('Of two states of an object, that of the greater version is the newer one.'),
      data,
    })
    .meta({ id: name });

const typesOf = <K extends Kind<EventType>>(kind: K) =>
  EVENT_TYPES.filter((type): type is Extract<EventType, `${K}.${string}`> => type.startsWith(`${kind}.`));

/** What a webhook bears, by the part of its type before the dot. */
export const WEBHOOK_EVENTS = {
  payment: event('PaymentEvent', typesOf('payment'), payment),
  booking: event('BookingEvent', typesOf('booking'), booking),
  payout: event('PayoutEvent', typesOf('payout'), payout),
  invoice: event('InvoiceEvent', typesOf('invoice'), invoice),
  deposit: event('DepositEvent', typesOf('deposit'), deposit),
  loan: event('LoanEvent', typesOf('loan'), loan),
  member: event('MemberEvent', typesOf('member'), member),
  test: event('TestEvent', ['test'], z.strictObject({ object: z.literal('test') })),
} satisfies Record<Kind<EventType> | 'test', z.ZodType>;

const kindOf = (type: string) => type.split('.')[0] as keyof typeof WEBHOOK_EVENTS;

/** The webhooks of the API's description, by type. */
export const describeWebhooks = (): Record<string, ZodOpenApiPathItemObject> =>
  Object.fromEntries(
    Object.entries({ ...EVENTS, test: 'You asked for a test.' }).map(([type, says]) => [type, { post: describe(type, says) }]),
  );

const describe = (type: string, says: string) => ({
  summary: type,
  description: `${says}\n\nSigned as Standard Webhooks has it: verify \`webhook-signature\` over the raw body.`,
  tags: ['Webhooks'],
  security: [],
  requestBody: { required: true, content: { 'application/json': { schema: WEBHOOK_EVENTS[kindOf(type)] } } },
  responses: { '2XX': { description: 'You have it. Any other answer, or none within 10 seconds, and it is sent again.' } },
});
