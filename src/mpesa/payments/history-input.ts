import * as z from 'zod';
import { PhoneNumber } from '#ground/text/phone.ts';
import { PAYMENT_STATUSES } from './payments.schema.ts';

const EARLIEST = '1900-01-01'; // PostgreSQL has no year 0

export const AskedDay = z.iso.date('A day is written like 2026-11-21.').refine((day) => day >= EARLIEST, 'Read the year again.');

/** The end of a page: the moment and id of its last entry. */
export const Cursor = z
  .string()
  .max(200)
  .transform((text, context) => {
    const [createdAt, id] = Buffer.from(text, 'base64url').toString('utf8').split('|');
    const read = z.tuple([z.iso.datetime(), z.uuid()]).safeParse([createdAt, id]);
    if (read.success && read.data[0] >= EARLIEST) return { createdAt: read.data[0], id: read.data[1] };
    context.addIssue({ code: 'custom', message: 'Send the nextCursor of the page before, unchanged.' });
    return z.NEVER;
  });

/** The cursor of the next page. */
export const printCursor = (last: { createdAt: Date; id: string }): string =>
  Buffer.from(`${last.createdAt.toISOString()}|${last.id}`).toString('base64url');

/** Filters of the history; days are days in Nairobi, `to` included. */
export const HistoryInput = z.strictObject({
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
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: Cursor.optional(),
  format: z.enum(['json', 'csv']).default('json'),
});
export type HistoryInput = z.output<typeof HistoryInput>;
