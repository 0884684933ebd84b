import type * as z from 'zod';
import type { PutItemsInput } from '#shop/orders/put-items.ts';

/** What the local shop sells: something of each VAT class that a shop meets, a price with cents, a donation, and fees that are held. */
export const SAMPLE_ITEMS: z.input<typeof PutItemsInput>['items'] = [
  { sku: 'coffee', name: 'Coffee beans, 250 g', kind: 'product', price: 650, vatClass: 'B' },
  { sku: 'tea', name: 'Kericho tea, 100 bags', kind: 'product', price: 320, vatClass: 'B' },
  { sku: 'mug', name: 'Enamel mug', kind: 'product', price: 449.5, vatClass: 'B' },
  { sku: 'maize-flour', name: 'Maize flour, 2 kg', kind: 'product', price: 210, vatClass: 'C' },
  { sku: 'honey', name: 'Honey from Kitui, 500 g', kind: 'product', price: 580, vatClass: 'A' },
  { sku: 'harambee', name: 'Gift to the school fund', kind: 'donation', min: 10, max: 50_000, vatClass: 'D' },
  { sku: 'match', name: 'Fee for finding a tutor', kind: 'booking_fee', price: 1_000, vatClass: 'B' },
  { sku: 'deposit', name: 'Deposit for the hall', kind: 'booking_fee', price: 2_500, vatClass: 'E' },
];
