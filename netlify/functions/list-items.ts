import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { endpoint } from '#http/endpoint.ts';
import { listItems } from '#shop/orders/price-list.ts';

/** A shop reads the price list. */
export default endpoint({ auth: 'public', input: z.object({}) }, listItems);

export const config: Config = { path: '/api/items', method: ['GET', 'OPTIONS'] };
