import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import { FAILURE_KINDS, failures } from '#ground/failures/failures.schema.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Which kind, all where none is said; the latest first, in keyset pages, or one page as CSV. */
export const ListErrorsInput = z.strictObject({
  kind: z.enum(FAILURE_KINDS).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: Cursor.optional(),
  format: z.enum(['json', 'csv']).default('json'),
});

const FAILURE = pick(failures, 'f', [...(['id', 'kind', 'what', 'error', 'message', 'firstAt', 'lastAt', 'count', 'requestIds'] as const)]);
const COLUMNS = ['errorId', 'kind', 'what', 'error', 'message', 'count', 'firstAt', 'lastAt', 'requestIds'];

/** What failed: failures alike in one entry, with how often, the first and the last time, and the ids of the last requests. Without personal data. */
export async function listErrors({ db }: Pick<App, 'db'>, { kind, limit, cursor, format }: z.output<typeof ListErrorsInput>) {
  const rows = await readRows(
    db,
    FAILURE.row,
    sql`
    select ${FAILURE.list} from failures f where ${kind ? sql`f.kind = ${kind}` : sql`true`}
      and ${cursor ? sql`(f.last_at, f.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`}
    order by f.last_at desc, f.id desc limit ${limit + 1}`,
  );
  const errors = rows.slice(0, limit).map(({ id, firstAt, lastAt, ...row }) => ({
    ...{ errorId: id, ...row, firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() },
  }));
  const last = rows[limit - 1];
  const nextCursor = rows.length > limit && last ? printCursor({ createdAt: last.lastAt, id: last.id }) : null;
  if (format === 'json') return { errors, nextCursor };
  return new Sheet(
    'errors.csv',
    COLUMNS,
    errors.map((each) => ({ ...each, requestIds: each.requestIds.join(' ') })),
    nextCursor,
  );
}
