import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { listInput, readPage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { pick } from '#ground/db/pick.ts';
import { FAILURE_KINDS, failures } from '#ground/failures/failures.schema.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Which kind, all where none is said; the latest first, in keyset pages, or one page as CSV. */
export const ListErrorsInput = listInput(
  { kind: z.enum(FAILURE_KINDS).optional(), cursor: Cursor.optional(), format: z.enum(['json', 'csv']).default('json') },
  200,
);

const FAILURE = pick(failures, 'f', [...(['id', 'kind', 'what', 'error', 'message', 'firstAt', 'lastAt', 'count', 'requestIds'] as const)]);
const COLUMNS = ['errorId', 'kind', 'what', 'error', 'message', 'count', 'firstAt', 'lastAt', 'requestIds'];

/** What failed: failures alike in one entry, with how often, the first and the last time, and the ids of the last requests. Without personal data. */
export async function listErrors({ db }: Pick<App, 'db'>, input: z.output<typeof ListErrorsInput>) {
  const { kind, cursor, format } = input;
  const all = sql`from failures f where ${kind ? sql`f.kind = ${kind}` : sql`true`}`;
  const after = cursor ? sql`(f.last_at, f.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;
  const { rows, hasMore, totals } = await readPage(db, FAILURE.row, input, {
    list: sql`select ${FAILURE.list} ${all} and ${after} order by f.last_at desc, f.id desc`,
    all,
  });
  const errors = rows.map(({ id, firstAt, lastAt, ...row }) => ({
    ...{ errorId: id, ...row, firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() },
  }));
  const last = rows.at(-1);
  const nextCursor = hasMore && last ? printCursor({ createdAt: last.lastAt, id: last.id }) : null;
  if (format === 'json') return { errors, nextCursor, ...totals };
  return new Sheet(
    'errors.csv',
    COLUMNS,
    errors.map((each) => ({ ...each, requestIds: each.requestIds.join(' ') })),
    nextCursor,
  );
}
