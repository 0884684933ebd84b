import * as z from 'zod';
import { listInput } from '#ground/db/page.ts';
import { Cursor, EARLIEST } from '#ground/db/page-cursor.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { PAYMENT_STATUSES } from './payments.schema.ts';

export const AskedDay = z.iso.date('A day is written like 2026-11-21.').refine((day) => day >= EARLIEST, 'Read the year again.');

/** Filters of the history; days are days in Nairobi, `to` included. */
export const HistoryInput = listInput(
  {
    status: z.enum(PAYMENT_STATUSES).optional(),
    type: z.string().max(40).optional(),
    phoneNumber: PhoneNumber.optional(),
    email: z.email().toLowerCase().optional(),
    receipt: z.string().trim().toUpperCase().max(20).optional(),
    externalReference: z.string().max(64).optional(),
    attemptId: z.uuid().optional(),
    caller: z.string().max(64).optional(),
    from: AskedDay.optional(),
    to: AskedDay.optional(),
    cursor: Cursor.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  },
  500,
);
export type HistoryInput = z.output<typeof HistoryInput>;
