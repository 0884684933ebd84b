import type { Linked } from './links.ts';

type Words = { says: string; about?: Linked };

const about = (thing: Linked, words: Record<string, string>): Record<string, Words> =>
  Object.fromEntries(Object.entries(words).map(([action, says]) => [action, { says, about: thing }]));

/** What each action of the trail says, and of what its subject is the id. One that is missing here is shown as its own name in words. */
const ACTION_WORDS: Record<string, Words> = {
  ...about('payment', {
    payment_requested: 'A payment was requested, and a prompt written for it.',
    payment_paid: 'The payment became paid.',
    late_success: 'The payment had failed or expired, and was paid after all.',
    counted_deposit_changed: 'Other money counts for the payment now: `before` and `after` say which.',
    payment_reopened: 'The payment is open again: the money that counted for it belongs elsewhere.',
    payment_reversed: 'The payment is reversed.',
  }),
  ...about('deposit', {
    deposit_refuted: 'The money was refuted: it never came.',
    deposit_reversed_elsewhere: "A signed statement shows that it was reversed in Safaricom's portal.",
    deposit_matched: 'The money was matched to what it pays.',
    deposit_taken_back: 'The money was taken out of the books wherever it was.',
    deposit_part_taken_back: 'A part that was reversed was taken out of the books.',
    refund_requested: 'A refund of the money was requested.',
    refund_paid: 'Its refund was paid.',
    reversal_paid: 'Its reversal was paid.',
  }),
  ...about('payout', {
    payout_requested: 'A payout was requested.',
    payout_approved: 'The payout was approved.',
    payout_declined: 'The payout was declined.',
    payout_sent_again: 'What M-PESA knew nothing of was sent again, with the id that it always had.',
    payout_paid: 'The payout was paid.',
    payout_rejected: 'The payout was rejected: none of it left.',
    payout_part_rejected: 'A part of the payout was rejected.',
  }),
  ...about('booking', {
    booking_created: 'The booking was made.',
    booking_held: 'Its fee came, and is held.',
    booking_released: 'Its fee was released.',
    booking_refunded: 'A refund of its fee was decided.',
    booking_fee_refunded: 'The refund of its fee was paid.',
    booking_fee_given_back: 'A part of its fee was given back elsewhere.',
    booking_disputed: 'It is disputed: its fee stays held.',
    booking_reopened: 'The dispute was ended.',
    booking_expired: 'It expired.',
    booking_paid_by_hand: 'Its decided fee was paid by hand.',
    booking_payout_retried: 'The payout of its fee was requested again.',
  }),
  ...about('loan', {
    loan_submitted: 'The loan was applied for.',
    loan_approved: 'The loan was approved.',
    loan_rejected: 'The loan was rejected.',
    loan_withdrawn: 'The application was withdrawn.',
    loan_disbursing: 'Its disbursement was requested.',
    loan_payout_settled: 'Its disbursement ended.',
    loan_disbursed: 'The loan was disbursed.',
    loan_paid_by_hand: 'The loan was paid out by hand.',
    settlement_asked: 'Its early settlement was asked for.',
    penalties_changed: 'Its penalties were recomputed.',
  }),
  ...about('member', {
    member_joined: 'The member joined.',
    member_changed: 'Details of the member were changed.',
    member_read: 'Details of the member were read.',
  }),
  ...about('task', {
    task_assigned: 'The task was given to somebody, or back.',
    task_noted: 'A note about the task was written.',
    task_closed: 'The task was closed.',
  }),
  ...about('statement', {
    statement_uploaded: 'A statement was imported.',
    statement_signed: 'The statement was signed off.',
    statement_discarded: 'The statement was discarded.',
  }),
  ...about('inquiry', { transaction_status_asked: 'Safaricom was asked about a transaction.' }),
  ...about('invoice', { invoice_resent: 'The invoice was e-mailed once more.' }),
  balance_asked: { says: 'Safaricom was asked for the balances.' },
  repayment_reversed: { says: 'A repayment was reversed.' },
  waiver_requested: { says: 'The waiver of a penalty was requested.' },
  waiver_approved: { says: 'The waiver was approved.' },
  waiver_declined: { says: 'The waiver was declined.' },
  payouts_stopped: { says: 'All payouts were stopped.' },
  payouts_started: { says: 'Payouts were started again.' },
  dead_letter_retried: { says: 'What was given up was tried again.' },
  dead_letter_discarded: { says: 'What was given up was discarded.' },
  float_entry_asked: { says: 'The booking of a movement between bank and M-PESA was requested.' },
  float_entry_booked: { says: 'The movement was booked.' },
  float_entry_rejected: { says: 'The movement was rejected.' },
  paybill_urls_registered: { says: "The paybill's addresses were registered." },
  pull_registered: { says: 'The paybill was registered for pulling its transactions.' },
  items_changed: { says: 'The price list was changed.' },
  loan_product_changed: { says: 'The terms of a loan product were changed.' },
  loan_product_retired: { says: 'A loan product was retired.' },
  api_key_created: { says: 'An API key was made.' },
  api_key_revoked: { says: 'An API key was revoked.' },
  person_added: { says: 'A person was added.' },
  person_changed: { says: 'What a person may do was changed.' },
  person_disabled: { says: 'A person was disabled.' },
  phone_unlocked: { says: 'A phone number was unlocked.' },
  signed_in: { says: 'A person signed in.' },
};

/** An action in words; one that this release does not know by its name. */
export const wordsOfAction = (action: string): Words =>
  (Object.hasOwn(ACTION_WORDS, action) ? ACTION_WORDS[action] : undefined) ?? { says: inWords(action) };

const inWords = (action: string): string => `${action.charAt(0).toUpperCase()}${action.slice(1).replaceAll('_', ' ')}.`;
