import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { App } from '../wiring/app.ts';
import { STATEMENT_STATES, statements } from './reconcile.schema.ts';

/** Which statements: all, or those in a state. Newest first; `before` is the cursor. */
export const ListInput = z.strictObject({
  state: z.enum(STATEMENT_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: z.uuid().optional(),
});

const STATEMENT = pick(statements, 's', [
  ...(['id', 'state', 'fileName', 'parts', 'shortcode', 'account', 'coversFrom', 'coversTo', 'unbroken', 'whole', 'refutes'] as const),
  ...(['lineCount', 'done', 'refusedCode', 'refusedWhy', 'problemCount'] as const),
  ...(['uploadedBy', 'uploadedAt', 'decidedBy', 'decidedAt', 'finishedAt'] as const),
]);
const Row = STATEMENT.row.extend({ received: z.number() });

/** Statements as a treasurer sees them: what each is about, how far it has come, and why one was refused. */
export async function readStatements(
  db: Reader,
  which: { id?: string; state?: string | undefined; before?: string | undefined; limit: number },
) {
  const rows = await readRows(
    db,
    Row,
    sql`
    select ${STATEMENT.list}, (select count(*)::int from statement_parts p where p.statement_id = s.id) as received
    from statements s
    where (${which.id ?? null}::uuid is null or s.id = ${which.id ?? null}::uuid) and (${which.state ?? null}::text is null or s.state = ${which.state ?? null})
      and (${which.before ?? null}::uuid is null or s.id < ${which.before ?? null}::uuid)
    order by s.id desc limit ${which.limit}`,
  );
  return rows.map(({ id, coversFrom, coversTo, parts, received, lineCount, done, refusedCode, refusedWhy, ...row }) => ({
    statementId: id,
    ...row,
    covers: coversFrom && coversTo ? { from: coversFrom.toISOString(), to: coversTo.toISOString() } : null,
    progress: { parts, received, lines: lineCount, done: row.state === 'matched' || row.state === 'done' ? lineCount : done },
    refused: refusedCode === null ? null : { code: refusedCode, why: refusedWhy },
  }));
}

/** Imported statements in keyset pages. One round trip. */
export async function listStatements({ db }: Pick<App, 'db'>, { limit, ...which }: z.output<typeof ListInput>) {
  const statements = await readStatements(db, { ...which, limit });
  return { statements, nextBefore: statements.length === limit ? (statements.at(-1)?.statementId ?? null) : null };
}
