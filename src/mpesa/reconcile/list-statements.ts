import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, instant, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { App } from '../wiring/app.ts';
import { STATEMENT_STATES } from './reconcile.schema.ts';

/** Which statements: all, or those in a state. Newest first, those before `before`. */
export const ListInput = z.strictObject({
  state: z.enum(STATEMENT_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: z.uuid().optional(),
});

const Row = z.object({
  id: z.uuid(),
  state: z.enum(STATEMENT_STATES),
  fileName: z.string(),
  parts: z.number(),
  received: z.number(),
  shortcode: z.string().nullable(),
  account: z.string().nullable(),
  coversFrom: instant.nullable(),
  coversTo: instant.nullable(),
  unbroken: z.boolean(),
  whole: z.boolean(),
  refutes: z.boolean().nullable(),
  lineCount: z.number(),
  done: z.number(),
  refusedCode: z.string().nullable(),
  refusedWhy: decrypted('refused_why').nullable(),
  problemCount: z.number(),
  uploadedBy: z.string(),
  uploadedAt: instant,
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  finishedAt: instant.nullable(),
});

/** Statements as a treasurer sees them: what each is about, how far it has come, and why one was refused. */
export async function readStatements(
  db: Reader,
  which: { id?: string; state?: string | undefined; before?: string | undefined; limit: number },
) {
  const rows = await readRows(
    db,
    Row,
    sql`
    select s.id, s.state, s.file_name as "fileName", s.parts, (select count(*)::int from statement_parts p where p.statement_id = s.id) as received, s.shortcode, s.account,
      s.covers_from as "coversFrom", s.covers_to as "coversTo", s.unbroken, s.whole, s.refutes, s.line_count as "lineCount", s.done, s.refused_code as "refusedCode", s.refused_why as "refusedWhy",
      s.problem_count as "problemCount", s.uploaded_by as "uploadedBy", s.uploaded_at as "uploadedAt", s.decided_by as "decidedBy", s.decided_at as "decidedAt", s.finished_at as "finishedAt"
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
