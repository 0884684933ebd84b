import * as z from 'zod';

/** Earlier days are mistakes: PostgreSQL has no year 0. */
export const EARLIEST = '1900-01-01';

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
