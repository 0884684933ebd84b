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

/** What a customer is told about his payment, in his language. */
export function customerMessage(payment: { status: Status; failureCode: string | null; language: 'en' | 'sw' }): string {
  if (payment.status === 'failed') return failureMessage(failureReason(payment.failureCode ?? 'unknown'), payment.language);
  return STATUS_WORDS[payment.status][payment.language];
}
