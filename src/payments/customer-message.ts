import { shillings } from '../money/cents.ts';
import { failureMessage, failureReason } from './failure-reasons.ts';
import type { PAYMENT_STATUSES } from './payments.schema.ts';

type Status = (typeof PAYMENT_STATUSES)[number];

const STATUS_WORDS: Record<Exclude<Status, 'failed'>, { en: string; sw: string }> = {
  pending: { en: 'Check your phone and enter your M-PESA PIN.', sw: 'Angalia simu yako uweke PIN yako ya M-PESA.' },
  unknown: {
    en: 'We have not had an answer yet. If you entered your PIN, do not pay again; we are checking.',
    sw: 'Bado hatujapata jibu. Kama umeweka PIN, usilipe tena; tunaangalia.',
  },
  paid: { en: 'Paid. Thank you.', sw: 'Umelipa. Asante.' },
  expired: {
    en: 'The request expired. If you entered your PIN, do not pay again: write to us with your M-PESA message.',
    sw: 'Ombi limekwisha muda. Kama uliweka PIN, usilipe tena: tuandikie ukiwa na ujumbe wako wa M-PESA.',
  },
  reversed: { en: 'This payment was reversed.', sw: 'Malipo haya yamerudishwa.' },
  refunded: { en: 'This payment was refunded.', sw: 'Umerudishiwa malipo haya.' },
};

const PART_REFUNDED = {
  en: (kes: string) => `KES ${kes} of this payment was refunded.`,
  sw: (kes: string) => `Umerudishiwa KES ${kes} ya malipo haya.`,
};

/** Money for it was told by a notice, and nothing has proved it yet. */
const BEING_CHECKED = {
  en: 'We were told that this was paid, and are checking it with M-PESA. Do not pay again; if you have not paid, write to us.',
  sw: 'Tumeambiwa kwamba umelipa, na tunathibitisha na M-PESA. Usilipe tena; kama hujalipa, tuandikie.',
};

const FIRST_MAY_BE_PAID = {
  en: 'An earlier request for this may still be paid: enter your PIN once only.',
  sw: 'Ombi la awali la malipo haya bado linaweza kulipwa: weka PIN mara moja tu.',
};

type Told = {
  status: Status;
  failureCode: string | null;
  language: 'en' | 'sw';
  earlierMayBePaid: boolean;
  toldWaits?: boolean;
  amountCents: bigint;
  refundedCents?: bigint | null;
};

/** The same for who asks to be prompted once more for a payment that is not to be paid again. */
export const beingChecked = (language: 'en' | 'sw'): string => BEING_CHECKED[language];

/** What a customer is told about their payment, in their language. */
export function customerMessage(told: Told): string {
  const { status, failureCode, language, earlierMayBePaid, toldWaits, amountCents, refundedCents } = told;
  if (toldWaits) return BEING_CHECKED[language];
  if (status === 'failed') return failureMessage(failureReason(failureCode ?? 'unknown'), language);
  if (status === 'refunded' && refundedCents && refundedCents < amountCents)
    return PART_REFUNDED[language](shillings(refundedCents).toLocaleString('en'));
  const words = STATUS_WORDS[status][language];
  return status === 'pending' && earlierMayBePaid ? `${words} ${FIRST_MAY_BE_PAID[language]}` : words;
}
