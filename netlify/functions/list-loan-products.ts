import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListProductsInput, listProducts } from '#sacco/loans/loan-products.ts';

/** Anybody reads which loans are offered, on which terms. */
export default endpoint({ auth: 'public', input: ListProductsInput }, listProducts);

export const config: Config = { path: '/api/loan-products', method: ['GET', 'OPTIONS'] };
