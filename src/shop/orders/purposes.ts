import type { Purpose } from '#mpesa/wiring/purpose.ts';
import { allocateOrder } from './allocate-order.ts';
import { quoteOrder } from './quote-order.ts';

/** Things from the price list, donations among them. */
export const order: Purpose = { quote: (input) => quoteOrder(input), allocate: allocateOrder };

/** Donations only. */
export const donation: Purpose = { quote: (input) => quoteOrder(input, 'donation'), allocate: allocateOrder };
