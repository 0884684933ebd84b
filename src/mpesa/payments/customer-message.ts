import { kes } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
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
  reversed: { en: 'This payment was reversed.', sw: 'Malipo haya yamebatilishwa.' },
  refunded: { en: 'This payment was refunded.', sw: 'Umerudishiwa malipo haya.' },
};

/** `reversed` because the money never came. */
const REFUTED = {
  en: 'M-PESA does not have this payment: it no longer counts as paid.',
  sw: 'M-PESA haina malipo haya: hayahesabiwi tena kuwa yamelipwa.',
};

export const CAME_AFTER_ALL = ['here', 'returned'] as const;
type CameAfterAll = (typeof CAME_AFTER_ALL)[number];

/** `reversed` because the money was refuted, and then it was proved. */
const PROVED_AFTER_ALL: Record<CameAfterAll, { en: string; sw: string }> = {
  here: {
    en: 'M-PESA has confirmed your money after this payment was cancelled, and we have it. Do not pay again. If you do not hear from us about it, write to us.',
    sw: 'M-PESA imethibitisha pesa zako baada ya malipo haya kufutwa, na tunazo. Usilipe tena. Usipopata habari kutoka kwetu, tuandikie.',
  },
  returned: {
    en: 'M-PESA confirmed your money after this payment was cancelled, and it was refunded.',
    sw: 'M-PESA ilithibitisha pesa zako baada ya malipo haya kufutwa, na umerudishiwa.',
  },
};

const PART_REFUNDED = {
  en: (amount: string) => `${amount} of this payment was refunded.`,
  sw: (amount: string) => `Umerudishiwa ${amount} ya malipo haya.`,
};

/** Only a notice has reported its money, and nothing has proved it yet. */
const BEING_CHECKED = {
  en: 'We were notified of this payment and are confirming it with M-PESA. Do not pay again; if you have not paid, write to us.',
  sw: 'Tumearifiwa kwamba umelipa, na tunathibitisha na M-PESA. Usilipe tena; kama hujalipa, tuandikie.',
};

/** It counts as paid, but its money was refuted; a person has to take it back. */
const NOT_AT_MPESA = {
  en: 'M-PESA does not have this payment, and we are looking into it. If you paid, do not pay again: write to us with your M-PESA message.',
  sw: 'M-PESA haina malipo haya, na tunaangalia. Kama ulilipa, usilipe tena: tuandikie ukiwa na ujumbe wako wa M-PESA.',
};

/** It counts as paid on a notice alone. */
const PAID_AS_TOLD = {
  en: 'We were notified that you paid, and it counts. We are still confirming it with M-PESA; do not pay again.',
  sw: 'Tumearifiwa kwamba umelipa, na malipo yanahesabiwa. Bado tunathibitisha na M-PESA; usilipe tena.',
};

const FIRST_MAY_BE_PAID = {
  en: 'An earlier request for this may still be paid: enter your PIN once only.',
  sw: 'Ombi la awali la malipo haya bado linaweza kulipwa: weka PIN mara moja tu.',
};

type Told = {
  status: Status;
  failureCode: string | null;
  language: Language;
  earlierMayBePaid: boolean;
  toldWaits?: boolean;
  proved?: boolean | null;
  refuted?: boolean | null;
  amountCents: bigint;
  refundedCents?: bigint | null;
  /** How much of it was reversed in Safaricom's portal. */
  givenBackCents?: bigint | null;
  cameAfterAll?: CameAfterAll | null;
};

const PAID_ALREADY = { en: 'This payment is paid: do not pay again.', sw: 'Malipo haya yamelipwa: usilipe tena.' };
const ANY_REFUNDED = {
  en: 'This payment was paid, and the whole or a part of it was refunded.',
  sw: 'Malipo haya yalilipwa, na umerudishiwa yote au sehemu yake.',
};
const START_ANEW = {
  en: 'It can no longer be paid. To pay, start a new order or payment.',
  sw: 'Hayawezi kulipwa tena. Ukitaka kulipa, anza oda au malipo mapya.',
};

/** The answer to a customer who asks for another prompt for a payment that is not to be paid again. */
export function noPromptMessage(
  why: 'paid' | 'told' | 'reversed' | 'refunded',
  language: Language,
  { failureCode, cameAfterAll }: { failureCode?: string | null; cameAfterAll?: CameAfterAll | null } = {},
): string {
  if (why === 'paid') return PAID_ALREADY[language];
  if (why === 'told') return BEING_CHECKED[language];
  if (cameAfterAll === 'here') return PROVED_AFTER_ALL.here[language];
  const reversed = cameAfterAll ? PROVED_AFTER_ALL[cameAfterAll] : failureCode === 'refuted' ? REFUTED : STATUS_WORDS.reversed;
  const words = why === 'refunded' ? ANY_REFUNDED : reversed;
  return `${words[language]} ${START_ANEW[language]}`;
}

/** The message to a customer about their payment, in their language. */
export function customerMessage(told: Told): string {
  const {
    status,
    failureCode,
    language,
    earlierMayBePaid,
    toldWaits,
    proved,
    refuted,
    cameAfterAll,
    amountCents,
    refundedCents,
    givenBackCents,
  } = told;
  if (toldWaits) return BEING_CHECKED[language];
  if (status === 'paid' && refuted) return NOT_AT_MPESA[language];
  if (status === 'paid' && proved === false) return PAID_AS_TOLD[language];
  if (status === 'failed') return failureMessage(failureReason(failureCode ?? 'unknown'), language);
  if (cameAfterAll) return PROVED_AFTER_ALL[cameAfterAll][language];
  if (status === 'reversed' && failureCode === 'refuted') return REFUTED[language];
  const backCents = status === 'refunded' ? refundedCents : status === 'paid' ? givenBackCents : null;
  if (backCents && backCents < amountCents) return PART_REFUNDED[language](kes(backCents));
  if (status === 'paid' && backCents) return STATUS_WORDS.reversed[language];
  const words = STATUS_WORDS[status][language];
  return status === 'pending' && earlierMayBePaid ? `${words} ${FIRST_MAY_BE_PAID[language]}` : words;
}
