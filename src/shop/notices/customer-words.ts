import { kes } from '#ground/money/cents.ts';
import type { CustomerEvent } from '#ground/outbox/message.ts';
import type { Language } from '#ground/text/language.ts';
import { failureMessage, failureReason } from '#mpesa/payments/failure-reasons.ts';
import type { CustomerFacts } from './read-facts.ts';

/** What is said where: `paybill` is where a payment can be made by its reference, if there is one. */
type Around = { paybill: string | undefined };

type Printed = {
  amount: string;
  reference: string;
  code: string;
  told: boolean;
  gone: boolean;
  unanswered: boolean;
  why: string;
  paybill: string | undefined;
};

/** The sentences of a message to a customer; the first is the subject of a mail, too. */
export function customerWords(event: CustomerEvent, facts: CustomerFacts, { paybill }: Around, language: Language): string[] {
  const { amountCents, reference, receipt, told, state, failureCode } = facts;
  return SENTENCES[language][event]({
    ...{ amount: kes(amountCents), reference, told, paybill, code: receipt ? ` (${receipt})` : '' },
    gone: state === 'reversed' || state === 'refunded',
    unanswered: state === 'expired',
    why: failureMessage(failureReason(failureCode ?? 'unknown'), language),
  });
}

const SENTENCES: Record<Language, Record<CustomerEvent, (f: Printed) => string[]>> = {
  en: {
    payment_failed: (f) => [
      ...(f.unanswered
        ? [
            `We had no answer from M-PESA about ${f.amount} for ${f.reference}.`,
            'If you entered your PIN, do not pay again: write to us with your M-PESA message.',
          ]
        : [`${f.amount} for ${f.reference} was not paid.`, f.why]),
      ...(f.paybill ? [`To pay: paybill ${f.paybill}, account ${f.reference}.`] : []),
    ],
    booking_held: (f) => [
      f.told
        ? `We were notified of ${f.amount}${f.code} for booking ${f.reference}. We are still confirming it with M-PESA.`
        : `We received ${f.amount}${f.code} for booking ${f.reference}.`,
      'The fee is held until the booking is decided.',
    ],
    booking_released: (f) => [`Booking ${f.reference} is complete: its fee of ${f.amount} was released.`],
    booking_refunded: (f) => [`The fee of booking ${f.reference} is refunded: ${f.amount} is on its way to you by M-PESA.`],
    booking_expired: (f) =>
      f.gone
        ? [`Booking ${f.reference} has ended, as its fee of ${f.amount} is not with us any more.`, 'If that is not right, write to us.']
        : [
            `Booking ${f.reference} has expired: its fee of ${f.amount} was not paid in time.`,
            'Please do not pay it now, make a new booking. If you have paid, write to us with your M-PESA message.',
          ],
    refund_on_its_way: (f) => [`Your refund of ${f.amount} for ${f.reference} is on its way by M-PESA.`],
    refund_paid: (f) => [`${f.amount} for ${f.reference} was refunded to you by M-PESA${f.code}.`],
  },
  sw: {
    payment_failed: (f) => [
      ...(f.unanswered
        ? [
            `Hatujapata jibu la M-PESA kuhusu ${f.amount} za ${f.reference}.`,
            'Kama uliweka PIN, usilipe tena: tuandikie ukiwa na ujumbe wako wa M-PESA.',
          ]
        : [`${f.amount} za ${f.reference} hazijalipwa.`, f.why]),
      ...(f.paybill ? [`Kulipa: paybill ${f.paybill}, akaunti ${f.reference}.`] : []),
    ],
    booking_held: (f) => [
      f.told
        ? `Tumearifiwa kuhusu ${f.amount}${f.code} za nafasi ${f.reference}. Bado tunathibitisha na M-PESA.`
        : `Tumepokea ${f.amount}${f.code} za nafasi ${f.reference}.`,
      'Ada inashikiliwa hadi uamuzi ufanywe.',
    ],
    booking_released: (f) => [`Nafasi ${f.reference} imekamilika: ada yake ya ${f.amount} imeachiliwa.`],
    booking_refunded: (f) => [`Unarudishiwa ada ya nafasi ${f.reference}: ${f.amount} ziko njiani kwa M-PESA.`],
    booking_expired: (f) =>
      f.gone
        ? [`Nafasi ${f.reference} imeisha, kwa kuwa ada yake ya ${f.amount} haiko kwetu tena.`, 'Kama si sahihi, tuandikie.']
        : [
            `Nafasi ${f.reference} imekwisha muda: ada yake ya ${f.amount} haikulipwa kwa wakati.`,
            'Tafadhali usiilipe sasa, weka nafasi nyingine. Kama umelipa, tuandikie ukiwa na ujumbe wako wa M-PESA.',
          ],
    refund_on_its_way: (f) => [`Unarudishiwa ${f.amount} za ${f.reference}: ziko njiani kwa M-PESA.`],
    refund_paid: (f) => [`Umerudishiwa ${f.amount} za ${f.reference} kwa M-PESA${f.code}.`],
  },
};
