import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { validatePayment } from '#mpesa/paybill/validate-payment.ts';

/** Safaricom asks us whether we want a payment to the paybill. */
export default callback(
  'c2b',
  (core, _paybill, body) => validatePayment(core, body),
  async () => undefined,
  { answers: (decided) => decided },
);

export const config: Config = { path: '/api/callbacks/c2b/:token/validation', method: 'POST' };
