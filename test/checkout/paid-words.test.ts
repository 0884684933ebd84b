import { expect, test } from 'vitest';
import { customerMessage } from '#mpesa/payments/customer-message.ts';

const paid = { status: 'paid', failureCode: null, earlierMayBePaid: false, proved: true, amountCents: 107_000n } as const;

test.each([
  ['proved', {}, 'Paid. Thank you.', 'Umelipa. Asante.'],
  ['only told', { proved: false }, 'We were notified that you paid, and it counts.', 'Tumearifiwa kwamba umelipa, na malipo yanahesabiwa.'],
  [
    'refuted',
    { proved: false, refuted: true },
    'M-PESA does not have this payment, and we are looking into it.',
    'M-PESA haina malipo haya, na tunaangalia.',
  ],
  [
    'given back in part in the portal',
    { givenBackCents: 40_000n },
    'KES 400 of this payment was refunded.',
    'Umerudishiwa KES 400 ya malipo haya.',
  ],
  ['given back whole in the portal', { givenBackCents: 107_000n }, 'This payment was reversed.', 'Malipo haya yamebatilishwa.'],
])('of a payment that counts as paid and is %s the page says so', (_, changes, en, sw) => {
  expect(customerMessage({ ...paid, ...changes, language: 'en' })).toContain(en);
  expect(customerMessage({ ...paid, ...changes, language: 'sw' })).toContain(sw);
});
