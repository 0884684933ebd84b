import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { pollPayment } from '#desk/payments/read-payment.ts';
import { endpoint } from '#http/endpoint.ts';

/** A page asks how a payment stands, by its unguessable id. */
export default endpoint({ auth: 'public', input: z.object({ id: z.uuid() }) }, pollPayment);

export const config: Config = { path: '/api/payments/:id', method: ['GET', 'OPTIONS'] };
