import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError, type ErrorCode } from '#ground/errors.ts';
import { sayToCustomer } from '#mpesa/payments/customer-refusal.ts';
import { refusalError } from '#mpesa/payments/refusals.ts';
import { newPhone } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.database.sql(`insert into items (sku, name, kind, price_cents, min_cents, max_cents, vat_class, updated_at) values
    ('alms', 'Alms', 'donation', null, 10000, 500000, 'E', now()), ('hall', 'Hall', 'booking_fee', 250000, null, null, 'E', now()),
    ('old', 'Old hall', 'booking_fee', 250000, null, null, 'E', now())`);
  await world.database.sql("update items set active = false where sku = 'old'");
});
afterAll(() => world.stop());

const said = (error: unknown, language: string) =>
  error instanceof AppError ? (sayToCustomer(error, { language }) as AppError).extra.customerMessage : undefined;

const AMOUNTS = { owedCents: '150000', min: '10000', max: '500000', skus: ['alms'] };

/** What the database may refuse of a payment, a donation or a booking, with the words that a customer reads. */
const REFUSED: [ErrorCode, string, string][] = [
  ['amount_mismatch', 'The price is KES 1,500. Check it before you pay.', 'Bei ni KES 1,500. Iangalie tena kabla ya kulipa.'],
  [
    'amount_out_of_range',
    'KES 1,500 cannot be paid in one M-PESA payment here.',
    'KES 1,500 haziwezi kulipwa kwa malipo moja ya M-PESA hapa.',
  ],
  ['donation_out_of_range', 'Give between KES 100 and KES 5,000.', 'Toa kati ya KES 100 na KES 5,000.'],
  ['donation_amount_required', 'Say how much you want to give', 'Andika unataka kutoa shilingi ngapi'],
  ['unknown_item', 'is no longer sold', 'hakiuzwi tena'],
  ['price_is_fixed', 'This page could not ask for the payment.', 'Ukurasa huu haukuweza kuomba malipo.'],
  ['not_a_donation', 'This page could not ask for the payment.', 'Ukurasa huu haukuweza kuomba malipo.'],
  ['unknown_reference', 'We do not know this reference', 'Hatuijui nambari hii'],
  ['external_reference_used', 'There is a payment for this order already', 'Tayari kuna malipo ya oda hii'],
  ['payment_not_found', 'We cannot find this payment', 'Hatuyapati malipo haya'],
  ['already_paid', 'This payment is paid: do not pay again.', 'Malipo haya yamelipwa: usilipe tena.'],
  ['payment_returned', 'It can no longer be paid', 'Hayawezi kulipwa tena'],
  ['payment_being_checked', 'We were notified of this payment', 'Tumearifiwa kwamba umelipa'],
  ['booking_expired', 'This booking was not paid in time', 'Nafasi hii haikulipiwa kwa wakati'],
  ['still_checking', 'We are still asking M-PESA', 'Bado tunauliza M-PESA'],
  ['prompt_open', 'A payment request is open on this phone', 'Kuna ombi la malipo kwenye simu hii'],
  ['too_many_prompts', 'This phone has had too many payment requests', 'Simu hii imepata maombi mengi mno'],
  ['too_many_bookings', 'too many bookings with this e-mail address', 'Barua pepe hii imetumika kwa nafasi nyingi mno'],
  [
    'too_many_requests',
    'too many payment requests or bookings from your network',
    'Maombi mengi mno ya malipo au ya nafasi yametoka kwenye mtandao wako',
  ],
  ['daily_cap', 'No more payment requests or bookings can be taken today', 'Leo hatuwezi kupokea maombi zaidi'],
];

test.each(REFUSED)('%s is said to the customer in their language', (code, en, sw) => {
  expect(said(refusalError(code, { ...AMOUNTS, language: 'en' }), 'en')).toContain(en);
  expect(said(refusalError(code, { ...AMOUNTS, language: 'sw' }), 'sw')).toContain(sw);
});

/** What is refused before the database is asked, or in place of it. */
const OTHERS: [ErrorCode, string, string][] = [
  ['request_in_flight', 'Your request is on its way', 'Ombi lako linatumwa'],
  ['booking_not_found', 'We cannot find this booking', 'Hatuipati nafasi hii'],
  ['database_unreachable', 'We cannot take payments at this moment', 'Hatuwezi kupokea malipo kwa sasa'],
  ...(
    [
      'type_not_offered',
      'key_reused',
      'invalid_idempotency_key',
      'forbidden',
      'unauthorized',
      'body_too_large',
      'unsupported_media_type',
    ] as const
  ).map((code): [ErrorCode, string, string] => [code, 'This page could not ask for the payment.', 'Ukurasa huu haukuweza kuomba malipo.']),
];

test.each(OTHERS)('%s is said to the customer in their language, too', (code, en, sw) => {
  expect(said(new AppError(code, 'For the developer.'), 'en')).toContain(en);
  expect(said(new AppError(code, 'For the developer.'), 'sw')).toContain(sw);
});

test.each([
  ['a phone', '/api/payments/stk-push', { phoneNumber: '12', items: [{ sku: 'maize' }] }, 'Andika nambari ya Safaricom kama 0712 345 678.'],
  ['a phone of a booking', '/api/bookings', { phoneNumber: '12', sku: 'match' }, 'Andika nambari ya Safaricom kama 0712 345 678.'],
  [
    'a mail address',
    '/api/payments/stk-push',
    { email: 'wanjiku', items: [{ sku: 'maize' }] },
    'Andika barua pepe kama wanjiku@example.com.',
  ],
  [
    'an amount',
    '/api/payments/stk-push',
    { type: 'donation', items: [{ sku: 'alms', amount: 1.5 }] },
    'Andika shilingi kamili kuanzia 1 hadi 250,000.',
  ],
  [
    'a gift that is too small',
    '/api/payments/stk-push',
    { type: 'donation', items: [{ sku: 'alms', amount: 20 }] },
    'Toa kati ya KES 100 na KES 5,000.',
  ],
  [
    'a field that is not there',
    '/api/payments/stk-push',
    { colour: 'red', items: [{ sku: 'maize' }] },
    'Ukurasa huu haukuweza kuomba malipo.',
  ],
  ['something that is not sold', '/api/bookings', { sku: 'nothing' }, 'Kitu ulichochagua hakiuzwi tena.'],
])('%s that is refused is said in Swahili where the page asks for that', async (_, path, body, words) => {
  const response = await world.send('POST', path, { body: { phoneNumber: newPhone(), language: 'sw', ...body } });
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(await response.json()).toMatchObject({ customerMessage: expect.stringContaining(words), detail: expect.any(String) });
});

test.each([
  [
    'a booking fee that is ordered',
    'stk-push',
    'hall',
    'hall is a booking fee: POST /api/bookings',
    'it is paid for by booking it',
    'hulipiwa kwa kuweka nafasi',
  ],
  [
    'a product that is booked',
    'bookings',
    'coffee',
    'coffee is a product and not booked: POST /api/payments/stk-push',
    'order it instead',
    'kiagize badala yake',
  ],
  [
    'a donation that is booked',
    'bookings',
    'alms',
    'alms is a donation and not booked: POST /api/payments/stk-push',
    'order it instead',
    'kiagize badala yake',
  ],
  [
    'what is sold no more, ordered',
    'stk-push',
    'old',
    'Not in the price list: old.',
    'is no longer sold. Load the page again.',
    'hakiuzwi tena. Fungua ukurasa upya.',
  ],
  [
    'what is sold no more, booked',
    'bookings',
    'old',
    'Not in the price list: old.',
    'is no longer sold. Load the page again.',
    'hakiuzwi tena. Fungua ukurasa upya.',
  ],
])('%s: the refusal says where it is sold, to the page and to the customer', async (_, way, sku, detail, en, sw) => {
  for (const [language, words] of Object.entries({ en, sw })) {
    const [path, what] =
      way === 'bookings' ? ['/api/bookings', { sku }] : ['/api/payments/stk-push', { items: [{ sku: 'maize' }, { sku }] }];
    const response = await world.send('POST', path, { body: { phoneNumber: newPhone(), language, ...what } });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      ...{ code: 'unknown_item', skus: [sku], detail: expect.stringContaining(detail), customerMessage: expect.stringContaining(words) },
    });
  }
});

test('a retry that is refused is said in the language that the page asks for with it', async () => {
  const phoneNumber = newPhone();
  const body = { phoneNumber, items: [{ sku: 'coffee' }], language: 'sw' };
  const { paymentId } = (await (await world.send('POST', '/api/payments/stk-push', { body })).json()) as { paymentId: string };
  const retry = await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber, language: 'sw' } });
  expect([retry.status, await retry.json()]).toEqual([
    409,
    expect.objectContaining({ customerMessage: expect.stringMatching(/^(Kuna ombi la malipo|Bado tunauliza)/) }),
  ]);
});
