import * as z from 'zod';
import { Cursor } from '#ground/db/page-cursor.ts';
import { AskedDay } from '#mpesa/payments/history-input.ts';

/** Which account's statement; days are days in Nairobi, `to` included. Without days it is about the last three months. */
export const StatementInput = z
  .strictObject({
    id: z.uuid(),
    from: AskedDay.optional(),
    to: AskedDay.optional(),
    limit: z.coerce.number().int().min(1).max(5000).default(1000),
    cursor: Cursor.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  })
  .refine(({ from, to }) => !(from && to) || from <= to, { path: ['from'], message: 'from is not after to.' });
export type StatementInput = z.output<typeof StatementInput>;
