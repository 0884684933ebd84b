import { kes } from '#ground/money/cents.ts';
import { nextStep } from './next-step.ts';
import { CHECKING, inBrackets, type WordsOfEvents } from './notice-words.ts';
import { printDay, toPay } from './print-amounts.ts';
import type { RepaymentFacts } from './read-facts.ts';

/** The messages to members about events, in English. Reminders and penalties: digest-sentences.ts; the sign-in code: people/people/send-code.ts. */
export const memberWordsEn: WordsOfEvents = {
  loan_submitted: ({ reference, principalCents }) => ({
    subject: `We received your application for loan ${reference}`,
    sentences: [
      `We received your application for a loan of ${kes(principalCents)} (${reference}).`,
      'We will message you when it is decided.',
    ],
  }),
  loan_approved: ({ reference, principalCents }) => ({
    subject: `Your loan ${reference} was approved`,
    sentences: [
      `Your loan ${reference} of ${kes(principalCents)} was approved.`,
      'We will send the money to your M-PESA number and message you then.',
    ],
  }),
  loan_rejected: ({ reference, principalCents, note }) => ({
    subject: `Your application for loan ${reference} was not approved`,
    sentences: [
      `Your application for a loan of ${kes(principalCents)} (${reference}) was not approved.`,
      ...(note ? [`Reason: ${note}${/[.!?…]$/.test(note) ? '' : '.'}`] : []),
      'You owe nothing for it, and you may apply again.',
    ],
  }),
  loan_withdrawn: ({ reference, principalCents }) => ({
    subject: `Your application for loan ${reference} was withdrawn`,
    sentences: [`Your application for a loan of ${kes(principalCents)} (${reference}) was withdrawn.`, 'You owe nothing for it.'],
  }),
  loan_disbursed: ({ reference, principalCents, deductedCents, dues: { next } }, { paybill }) => ({
    subject: `Your loan ${reference} was paid out`,
    sentences: [
      deductedCents > 0n
        ? `We sent ${kes(principalCents - deductedCents)} to your M-PESA: your loan ${reference} of ${kes(principalCents)} less a fee of ${kes(deductedCents)}.`
        : `We sent ${kes(principalCents)} to your M-PESA: your loan ${reference}.`,
      ...(next ? [`First instalment: ${toPay(next.unpaidCents)} by ${printDay(next.dueOn, 'en')}.`] : []),
      ...(paybill ? [`Pay to paybill ${paybill}, account ${reference}.`] : []),
    ],
  }),
  loan_payout_failed: ({ reference, principalCents }) => ({
    subject: `Your loan ${reference} could not be paid out yet`,
    sentences: [
      `M-PESA could not send your loan ${reference} of ${kes(principalCents)}.`,
      'It is still approved: we will try again and message you. You owe nothing for it until then.',
    ],
  }),
  loan_closed: ({ reference, principalCents }) => ({
    subject: `Your loan ${reference} is fully paid`,
    sentences: [`Your loan ${reference} of ${kes(principalCents)} is fully paid. Thank you.`, 'You owe nothing more on it.'],
  }),
  loan_reopened: ({ reference, dues }, { today }) => ({
    subject: `Your loan ${reference} is open again`,
    sentences: [`Your loan ${reference} is open again, because a payment for it was reversed.`, ...nextStep(dues, today, 'en')],
  }),
  repayment_booked: (facts, { today }) => ({
    subject: `${received(facts)} ${kes(facts.amountCents + facts.savedCents)} for loan ${facts.reference}`,
    sentences: [
      `${received(facts)} ${kes(facts.amountCents + facts.savedCents)}${inBrackets(facts)}.`,
      ...checking(facts),
      `${split(facts)}.`,
      ...nextStep(facts.dues, today, 'en'),
    ],
  }),
  repayment_reversed: (facts, { today }) => ({
    subject: `A payment for loan ${facts.reference} was reversed`,
    sentences: [
      `Your payment of ${kes(facts.amountCents + facts.savedCents)}${inBrackets(facts)} for loan ${facts.reference} was reversed and no longer counts${fromSavings(facts)}.`,
      ...whereItIs(facts),
      ...nextStep(facts.dues, today, 'en'),
    ],
  }),
  penalty_waived: ({ reference, amountCents, dues }, { today }) => ({
    subject: `A penalty on loan ${reference} was waived`,
    sentences: [`We have waived ${kes(amountCents)} of penalty on your loan ${reference}.`, ...nextStep(dues, today, 'en')],
  }),
  waiver_requested: ({ reference, amountCents }) => ({
    subject: `A penalty waiver was requested on loan ${reference}`,
    sentences: [
      `A waiver of ${kes(amountCents)} of penalty on your loan ${reference} was requested.`,
      'The penalty stays due until the waiver is approved. We will message you if it is.',
    ],
  }),
  savings_deposited: (facts) => ({
    subject: `${received(facts)} ${kes(facts.amountCents)} for your savings`,
    sentences: [
      `${received(facts)} ${kes(facts.amountCents)}${inBrackets(facts)} for your savings ${facts.reference}.`,
      ...checking(facts),
      `Your savings now: ${kes(facts.balanceCents)}.`,
    ],
  }),
  savings_taken_back: (facts) => ({
    subject: `${kes(facts.amountCents)} was removed from your savings`,
    sentences: [
      `${kes(facts.amountCents)}${inBrackets(facts)} was removed from your savings ${facts.reference}: ${facts.told ? 'M-PESA has no such payment. If you paid, send us your M-PESA message' : 'it was returned through M-PESA'}.`,
      `Your savings now: ${kes(facts.balanceCents)}.`,
    ],
  }),
};

type MaybeTold = { told: boolean };

/** Left out when the money is gone: it may have left the savings before. */
const fromSavings = ({ savedCents, gone }: RepaymentFacts): string =>
  savedCents > 0n && !gone ? `: ${kes(savedCents)} of it were taken from your savings` : '';

/** Where the money of a reversed repayment is now. Says nothing about money that was matched or refunded since: that has messages of its own. */
function whereItIs({ gone, told, waits }: RepaymentFacts): string[] {
  if (gone)
    return [told ? 'M-PESA has no such payment: if you paid, send us your M-PESA message.' : 'The money was returned through M-PESA.'];
  if (told) return [CHECKING.en];
  return waits ? ['We still have the money and are checking what it was for.'] : [];
}

const received = ({ told }: MaybeTold): string => (told ? 'We were notified of' : 'We received');
const checking = ({ told }: MaybeTold): string[] => (told ? [CHECKING.en] : []);

function split({ reference, amountCents, savedCents }: RepaymentFacts): string {
  if (savedCents === 0n) return `It went to loan ${reference}`;
  if (amountCents === 0n) return `It went to your savings, because nothing is due on loan ${reference}`;
  return `${kes(amountCents)} went to loan ${reference}, ${kes(savedCents)} to your savings`;
}
