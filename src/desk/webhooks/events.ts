/** Every type of event that an endpoint can be told of, with what it says; webhook-event.sql says which row of the audit trail is which. */
export const EVENTS = {
  'payment.paid': 'Money came for it. `proved` says whether Safaricom has proved it, or only a notice told of it.',
  'payment.proved': 'Money that a notice had told of is proved now.',
  'payment.failed': 'Its prompt was refused, cancelled or not answered. It may still be paid: by another prompt, or late.',
  'payment.expired': 'Nobody paid in time. It may still be paid late.',
  'payment.refunded':
    'Money was given back to its payer, all of it or a part (`refundedAmount`), by a payout or by reversing the payment (`status` is `reversed` then).',
  'payment.reversed':
    'It no longer counts as paid, and nobody here refunded it: its money was reversed in the portal, never came, or belongs to another payment. `status` says what it is now.',
  'booking.held': 'Its fee was paid, and is held until somebody decides.',
  'booking.released': 'Its fee went to the provider or to the organisation.',
  'booking.refunded': 'It was decided that the fee goes back to its payer; `payment.refunded` follows once it has arrived.',
  'booking.expired': 'Its fee was not paid in time, or was lost.',
  'payout.paid': 'All of it has arrived.',
  'payout.failed': 'It was not paid, or a part of it was not, or it was declined (`state`).',
  'invoice.sent': 'An invoice, a receipt or a credit note was mailed.',
  'deposit.unidentified': 'Money came that names nothing of ours: a person has to say what it is for.',
  'loan.submitted': 'A member has applied.',
  'loan.approved': 'The application was approved.',
  'loan.rejected': 'The application was rejected.',
  'loan.withdrawn': 'The member withdrew the application.',
  'loan.disbursed': 'The money has reached the member.',
  'loan.repaid': 'A repayment was booked; `repayment` has it.',
  'loan.repayment_reversed': 'A repayment was taken out again; `repayment` has it.',
  'loan.closed': 'All is paid.',
  'loan.reopened': 'It is owed again, because a repayment was reversed.',
  'member.joined': 'A member joined.',
  'member.changed': 'A member changed their details.',
} as const;

export type EventType = keyof typeof EVENTS;
export const EVENT_TYPES = Object.keys(EVENTS) as [EventType, ...EventType[]];

/** What an endpoint may ask for: everything, all of one kind, one type. */
export const EVENT_FILTERS: readonly string[] = ['*', ...new Set(EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`)), ...EVENT_TYPES];
