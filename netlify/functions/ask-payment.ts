import type { Config } from '@netlify/functions';
import { AskPaymentInput, askPayment } from '#desk/payments/ask-payment.ts';
import { endpoint } from '#http/endpoint.ts';

/** An operator asks Safaricom once more how the prompts of a payment ended. */
export default endpoint({ auth: 'payments:read', input: AskPaymentInput }, askPayment);

export const config: Config = { path: '/api/payments/:id/ask', method: ['POST', 'OPTIONS'] };
