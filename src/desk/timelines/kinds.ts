import { kes } from '#ground/money/cents.ts';
import { failureMessage, failureReason } from '#mpesa/payments/failure-reasons.ts';
import { rejectionWords } from '#mpesa/payouts/rejection-words.ts';
import { wordsOfAction } from '../audit/action-words.ts';
import { saidBySafaricom } from '../tasks/said-by-safaricom.ts';
import { titleOf } from '../tasks/titles.ts';

/** What the sentence of an entry is made of. */
type Facts = { cents: bigint | null; at: Date; facts: Record<string, unknown> };

type Says = (entry: Facts & { amount: string }) => string;

const text = (value: unknown): string => String(value ?? '');
const withCode = (receipt: unknown): string => (receipt ? `, M-PESA code ${text(receipt)}` : '');

const PROMPT_STATES: Record<string, string> = {
  requested: 'It is not known yet whether Safaricom took it.',
  pending: 'Safaricom took it; its result is awaited.',
  unknown: 'Its result has not reached us.',
  paid: 'It was paid.',
  expired: 'It expired.',
};

const REPORTED: Record<string, string> = {
  stk: 'by its prompt',
  c2b: 'by a paybill notice',
  pull: "by Safaricom's list",
  statement: 'by a signed statement',
  status: "by Safaricom's answer about its M-PESA code",
};

function promptWords({ facts: { state, isTaken, resultCode } }: Facts): string {
  if (state !== 'failed') return PROMPT_STATES[text(state)] ?? '';
  const why = failureMessage(failureReason(text(resultCode) || 'unknown'), 'en');
  return isTaken ? `It was not paid: the customer was told "${why}"` : `Safaricom did not take it: the customer was told "${why}"`;
}

/**
 * Each kind of entry but those of the trail, in the order in which those of one moment are shown: what it says, in a sentence. Customers and members see those of
 * `FOR_OWNERS` alone.
 */
const KINDS: Record<string, Says> = {
  requested: ({ amount, facts }) =>
    `Payment ${text(facts.reference)} of ${amount} was requested (${text(facts.type).replaceAll('_', ' ')}).`,
  prompt_written: (entry) => `A prompt for ${entry.amount} to the phone that ends in ${text(entry.facts.tail)}. ${promptWords(entry)}`,
  prompt_queried: ({ facts }) => `Safaricom was asked how the prompt ended: the last of ${text(facts.queries)} times.`,
  safaricom_said: ({ facts }) => saidBySafaricom(text(facts.source), text(facts.verdict)),
  money_came: ({ amount, facts }) =>
    `${amount} came${withCode(facts.receipt)}. What the books say of it was reported ${REPORTED[text(facts.source)] ?? 'elsewhere'}.`,
  money_proved: ({ amount }) => `The ${amount} were proved.`,
  status_asked: ({ facts }) => `Safaricom was asked about the M-PESA code ${text(facts.receipt)}.`,
  status_answered: ({ facts }) =>
    `Safaricom answered about the M-PESA code ${text(facts.receipt)}: ${text(facts.says) || text(facts.state)}.`,
  money_booked: ({ amount }) => `The ${amount} were booked to what they pay for, or put into suspense.`,
  invoice_drafted: ({ amount, facts }) => `The ${invoiceWords(facts)} of ${amount} was written.`,
  invoice_numbered: ({ facts }) => `The ${invoiceWords(facts)} got its number, ${text(facts.sequence)} of ${text(facts.year)}.`,
  invoice_mailed: ({ facts }) => `The ${invoiceWords(facts)} was e-mailed.`,
  repayment_booked: ({ amount, facts }) => `A repayment: ${amount} paid the loan${excessWords(facts)}.`,
  repayment_reversed: ({ amount }) => `The repayment of ${amount} was reversed.`,
  penalty_charged: ({ amount, facts }) => `A penalty of ${amount} on instalment ${text(facts.instalment)}, as of ${text(facts.chargedOn)}.`,
  waiver_requested: ({ amount, facts }) => `A waiver of ${amount} of the penalty on instalment ${text(facts.instalment)} was requested.`,
  waiver_approved: ({ amount }) => `The waiver of ${amount} was approved.`,
  waiver_declined: ({ amount }) => `The waiver of ${amount} was declined.`,
  savings_moved: ({ amount, facts }) =>
    `${amount} ${facts.isIn ? 'came into' : 'left'} the savings (${text(facts.transfer).replaceAll('_', ' ')}).`,
  payout_requested: ({ amount, facts }) => `${payoutWords(facts)} ${text(facts.reference)} of ${amount} was requested.`,
  payout_approved: ({ amount, facts }) => `${payoutWords(facts)} of ${amount} was approved.`,
  payout_declined: ({ amount, facts }) => `${payoutWords(facts)} of ${amount} was declined.`,
  part_sent: ({ amount, facts }) => `Part ${text(facts.part)}, ${amount}, was sent to Safaricom.`,
  part_paid: ({ amount, facts }) => `Part ${text(facts.part)}, ${amount}, was paid${withCode(facts.receipt)}.`,
  part_rejected: ({ amount, facts }) =>
    `Part ${text(facts.part)}, ${amount}, was rejected. ${rejectionWords(facts.resultCode ? text(facts.resultCode) : null)}`,
  message_sent: ({ facts }) => `${messageWords(facts)} was sent.`,
  message_given_up: ({ facts }) => `${messageWords(facts)} was given up after ${text(facts.tries)} tries: ${text(facts.why) || 'unknown'}.`,
  message_waits: ({ facts }) => `${messageWords(facts)} is to be sent now.`,
  task_opened: ({ facts }) => `A task opened: ${titleOf(text(facts.task))}.`,
  task_closed: ({ facts }) => `The task was closed: ${titleOf(text(facts.task))}.`,
};

const invoiceWords = ({ invoice }: Facts['facts']): string => text(invoice).replaceAll('_', ' ');

const excessWords = ({ excessCents }: Facts['facts']): string =>
  excessCents && excessCents !== '0' ? `, and ${kes(BigInt(text(excessCents)))} went to the savings` : '';

const PAYOUTS: Record<string, string> = { refund: 'Refund', reversal: 'Reversal', loan: 'Disbursement', manual: 'Transfer by hand' };
const payoutWords = ({ payout }: Facts['facts']): string => PAYOUTS[text(payout)] ?? 'Payout';

const CHANNELS: Record<string, string> = { sms: 'An SMS', email: 'An e-mail' };
const messageWords = ({ message, event, channel }: Facts['facts']): string => {
  const what = text(event ?? message).replaceAll('_', ' ');
  return `${CHANNELS[text(channel)] ?? 'A message'} (${what})`;
};

/** The order of the kinds of one moment. What the trail says comes after what it is about. */
export const ORDER: readonly string[] = Object.keys(KINDS);

/** What customers and members see of what is theirs: what they did, what came of it, and what they were told; never what staff wrote, thought or did about it. */
export const FOR_OWNERS: readonly string[] = [
  ...['requested', 'prompt_written', 'money_came', 'money_proved', 'invoice_drafted', 'invoice_numbered', 'invoice_mailed'],
  ...['payment_paid', 'late_success', 'payment_reversed', 'booking_created', 'booking_held', 'booking_released', 'booking_refunded'],
  ...['booking_fee_refunded', 'booking_expired', 'repayment_booked', 'repayment_reversed', 'penalty_charged', 'waiver_approved'],
  ...['savings_moved', 'part_sent', 'part_paid', 'loan_submitted', 'loan_approved', 'loan_rejected', 'loan_withdrawn'],
  ...['loan_disbursed', 'settlement_asked', 'member_joined', 'member_changed'],
];

/** What an entry says, in a sentence. */
export function sayEntry(kind: string, entry: Facts): string {
  const says = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  return says ? says({ ...entry, amount: kes(entry.cents ?? 0n) }) : wordsOfAction(kind).says;
}
