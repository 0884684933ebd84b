import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, type PageWanted, readPage } from '#ground/db/page.ts';
import { pick } from '#ground/db/pick.ts';
import type { Db } from '#ground/db/types.ts';
import type { App } from '../wiring/app.ts';
import { STATEMENT_STATES, statements } from './reconcile.schema.ts';

/** Which statements: all, or those in a state. Newest first; `before` is the cursor. */
export const ListInput = listInput(
  {
    state: z.enum(STATEMENT_STATES).optional(),
    before: z.uuid().optional(),
  },
  100,
);

const STATEMENT = pick(statements, 's', [
  ...(['id', 'state', 'fileName', 'parts', 'shortcode', 'account', 'coversFrom', 'coversTo', 'unbroken', 'whole', 'refutes'] as const),
  ...(['lineCount', 'done', 'refusedCode', 'refusedWhy', 'problemCount'] as const),
  ...(['uploadedBy', 'uploadedAt', 'decidedBy', 'decidedAt', 'finishedAt', 'withdrawnBy', 'withdrawnAt', 'withdrawnWhy'] as const),
]);
const Row = STATEMENT.row.extend({ received: z.number() });

/** Statements as a treasurer sees them: what each is about, how far it has come, and why one was refused. */
export async function readStatements(
  db: Db,
  { id, state, before, ...wanted }: PageWanted & { id?: string; state?: string | undefined; before?: string | undefined },
) {
  const all = sql`
    from statements s
    where (${id ?? null}::uuid is null or s.id = ${id ?? null}::uuid) and (${state ?? null}::text is null or s.state = ${state ?? null})`;
  const { rows, hasMore, totals } = await readPage(db, Row, wanted, {
    list: sql`
    select ${STATEMENT.list}, (select count(*)::int from statement_parts p where p.statement_id = s.id) as received
    ${all} and (${before ?? null}::uuid is null or s.id < ${before ?? null}::uuid)
    order by s.id desc`,
    all,
  });
  const shown = rows.map(({ id, coversFrom, coversTo, parts, received, lineCount, done, refusedCode, refusedWhy, ...row }) => ({
    statementId: id,
    ...row,
    covers: coversFrom && coversTo ? { from: coversFrom.toISOString(), to: coversTo.toISOString() } : null,
    progress: { parts, received, lines: lineCount, done: ['matched', 'done', 'withdrawn'].includes(row.state) ? lineCount : done },
    refused: refusedCode === null ? null : { code: refusedCode, why: refusedWhy },
  }));
  return { statements: shown, nextBefore: hasMore ? (shown.at(-1)?.statementId ?? null) : null, ...totals };
}

/** Imported statements in pages. One round trip. */
export const listStatements = ({ db }: Pick<App, 'db'>, input: z.output<typeof ListInput>) => readStatements(db, input);
