import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { putProducts } from '#sacco/loans/loan-products.ts';
import { PutProductsInput } from '#sacco/loans/product-input.ts';

/** A treasurer changes which loans are offered; loans that were made keep their terms. */
export default endpoint({ auth: 'products:write', input: PutProductsInput }, putProducts);

export const config: Config = { path: '/api/loan-products', method: 'PUT' };
