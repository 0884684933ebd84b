import * as z from 'zod';
import { listInput } from '#ground/db/page.ts';
import { Cursor } from '#ground/db/page-cursor.ts';
import { AskedDay } from '#mpesa/payments/history-input.ts';

/** Which account's statement; days are days in Nairobi, `to` included. Without days it is about the last three months. */
export const StatementInput = listInput(
  {
    id: z.uuid(),
    from: AskedDay.optional(),
    to: AskedDay.optional(),
    cursor: Cursor.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  },
  5000,
  1000,
).refine(({ from, to }) => !(from && to) || from <= to, { path: ['from'], message: 'from is not after to.' });
export type StatementInput = z.output<typeof StatementInput>;
