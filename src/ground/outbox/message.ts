import * as z from 'zod';

/** Events that people are notified of at once; the comments say what `subjectId` is the id of. */
export const NOTICE_EVENTS = [
  'loan_submitted', // a loan, as for all that begin with loan_
  'loan_approved',
  'loan_rejected',
  'loan_withdrawn',
  'loan_disbursed',
  'loan_payout_failed',
  'loan_closed',
  'loan_reopened',
  'repayment_booked', // a repayment
  'repayment_reversed', // a repayment
  'penalty_waived', // a waiver
  'waiver_requested', // a waiver
  'savings_deposited', // the source of a transfer: a deposit, or a match
  'savings_taken_back', // a deposit, or the payout that gave a part of it back by hand
] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** What becomes of a person's access or of what we have of them, and they are told. */
export const ACCESS_EVENTS = ['invited', 'role_changed', 'disabled', 'enabled', 'email_changed', 'details_changed'] as const;
export type AccessEvent = (typeof ACCESS_EVENTS)[number];

/** What administrators and treasurers are told of others; the comments say what `aboutId` is the id of. */
export const STAFF_EVENTS = [
  'staff_joined', // a person, as for the next
  'email_changed',
  'money_key_made', // a key
] as const;
export type StaffEvent = (typeof STAFF_EVENTS)[number];

/** What a customer is told about their payment; the comments say what `subjectId` is the id of. */
export const CUSTOMER_EVENTS = [
  'payment_failed', // an attempt
  'booking_held', // a booking, as for the next three
  'booking_released',
  'booking_refunded',
  'booking_expired',
  'refund_on_its_way', // a payout, as for the next
  'refund_paid',
] as const;
export type CustomerEvent = (typeof CUSTOMER_EVENTS)[number];

export const CHANNELS = ['sms', 'email'] as const;

/** What an alert is about: one task that opened, many of one kind, or tasks whose cause is gone. */
const AlertSubject = z.union([
  z.object({ reviewId: z.uuid() }),
  z.object({ taskKind: z.string() }),
  z.object({ reviewIds: z.array(z.uuid()) }),
]);
export type AlertSubject = z.output<typeof AlertSubject>;

/** Every message that can be promised. It holds ids, and no address in clear; the content is read when it is delivered. */
export const Message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('invoice_email'), invoiceId: z.uuid() }),
  z.object({ kind: z.literal('dispatch_withdrawal'), withdrawalId: z.uuid() }),
  z.object({ kind: z.literal('reserve_bulk'), bulkId: z.uuid() }),
  z.object({
    ...{ kind: z.literal('payout_settled'), payoutId: z.uuid() },
    /** The number of its parts: all, paid and rejected when this was promised. */
    ...{ parts: z.number().int(), paid: z.number().int(), rejected: z.number().int() },
  }),
  z.object({ kind: z.literal('refund_paid'), payoutId: z.uuid() }),
  z.object({ kind: z.literal('loan_payout_settled'), payoutId: z.uuid() }),
  z.object({ kind: z.literal('repayments_moved'), depositId: z.uuid() }),
  z.object({ kind: z.literal('notice'), event: z.enum(NOTICE_EVENTS), subjectId: z.uuid(), personId: z.uuid(), channel: z.enum(CHANNELS) }),
  z.object({
    ...{ kind: z.literal('access_notice'), event: z.enum(ACCESS_EVENTS), personId: z.uuid(), channel: z.enum(CHANNELS) },
    /** Where the person's e-mail was until now, encrypted: nothing else has it. Null when that is told (forget-former.ts). */
    formerAddress: z.string().nullable().optional(),
  }),
  z.object({
    ...{ kind: z.literal('staff_notice'), event: z.enum(STAFF_EVENTS), aboutId: z.uuid() },
    ...{ personId: z.uuid(), channel: z.enum(CHANNELS) },
  }),
  z.object({ kind: z.literal('customer_notice'), event: z.enum(CUSTOMER_EVENTS), subjectId: z.uuid(), channel: z.enum(CHANNELS) }),
  z.object({ kind: z.literal('digest'), memberId: z.uuid(), on: z.iso.date(), channel: z.enum(CHANNELS) }),
  z.object({ kind: z.literal('daily_summary'), personId: z.uuid(), on: z.iso.date() }),
  z.object({ kind: z.literal('ask_receipt'), receipt: z.string(), attemptId: z.uuid().optional() }),
  z.object({ kind: z.literal('alert'), reviewId: z.uuid(), words: z.string().optional() }),
  z.object({ kind: z.literal('alert_crowd'), taskKind: z.string() }),
  z.object({ kind: z.literal('alert_cleared'), reviewIds: z.array(z.uuid()) }),
  /** `to` is `person:<id>`, or `setting:<hash>` of an address of ALERT_EMAILS: who it is for, never where (people/operators.ts). */
  z.object({ kind: z.literal('alert_mail'), to: z.string(), about: AlertSubject }),
]);
export type Message = z.output<typeof Message>;
