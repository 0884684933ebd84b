import * as z from 'zod';
import { VAT_CLASSES } from '#shop/vat/vat.schema.ts';
import { count, id, shillings } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const item = { sku: z.string(), name: z.string(), kind: z.enum(['product', 'booking_fee', 'donation']), vatClass: z.enum(VAT_CLASSES) };

const Item = z
  .union([
    z.strictObject({ ...item, price: shillings.nullable() }),
    z.strictObject({ ...item, min: shillings.nullable(), max: shillings.nullable() }).describe('A donation: the customer says how much.'),
  ])
  .meta({ id: 'Item' });

export const shop: Part = {
  tag: 'Price list and invoices',
  about: 'What is sold, at which price, and the invoices of what was paid.',
  operations: {
    listItems: operation(() => import('../../../netlify/functions/list-items.ts'), {
      summary: 'Read the price list',
      description: 'Products, donations and fees that can be booked. Prices include VAT.',
      answer: z.strictObject({ items: z.array(Item) }).meta({ id: 'PriceList' }),
    }),
    putItems: operation(() => import('../../../netlify/functions/put-items.ts'), {
      summary: 'Change the price list',
      answer: z.strictObject({ changed: count }).meta({ id: 'ItemsChanged' }),
    }),
    downloadInvoice: operation(() => import('../../../netlify/functions/download-invoice.ts'), {
      summary: 'Open an invoice',
      description:
        'For whoever holds its id, which is the id of its payment. A key that is sent along needs `payments:read` or `invoices:send`.',
      answer: 'pdf',
      problems: ['invoice_not_found', 'forbidden'],
    }),
    sendInvoice: operation(() => import('../../../netlify/functions/send-invoice.ts'), {
      summary: 'E-mail an invoice once more',
      answer: z.strictObject({ invoiceId: id, status: z.literal('queued') }).meta({ id: 'InvoiceQueued' }),
      problems: ['invoice_not_found', 'no_email'],
    }),
  },
};
