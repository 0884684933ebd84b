import type { Config } from '@netlify/functions';
import { readPayment } from '#desk/payments/read-payment.ts';
import { endpoint } from '#http/endpoint.ts';
import { sayToCustomer } from '#mpesa/payments/customer-refusal.ts';
import { requestStkPush } from '#mpesa/payments/request-stk-push.ts';
import { StkPushInput } from '#mpesa/payments/stk-push-input.ts';

/** A page asks us to prompt its customer. */
export default endpoint({ auth: 'public', input: StkPushInput, explain: sayToCustomer, status: 201 }, requestStkPush(readPayment));

export const config: Config = {
  path: '/api/payments/stk-push',
  method: ['POST', 'OPTIONS'],
  rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
};
