import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { PutItemsInput, putItems } from '#shop/orders/price-list.ts';

/** An operator changes the price list. */
export default endpoint({ auth: 'items:write', input: PutItemsInput }, putItems);

export const config: Config = { path: '/api/items', method: 'PUT' };
