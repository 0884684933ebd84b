import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, type PageWanted, readPage } from '#ground/db/page.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, decrypted, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import type { Problem } from '../statements/statement.ts';
import type { App } from '../wiring/app.ts';
import { readStatements } from './list-statements.ts';
import { FINDINGS, statementAbsences, statementLines } from './reconcile.schema.ts';

/** Which statement, and which of its lines: those with a finding, after the line number `after`. `missing_there` lists movements of ours instead, after the id `after`. */
export const ShowInput = listInput(
  {
    id: z.uuid(),
    finding: z.enum([...FINDINGS, 'missing_there']).optional(),
    after: z.string().max(40).optional(),
  },
  200,
);

const Count = z.object({ finding: z.string(), direction: z.string(), count: z.number(), cents: bigintText });
const Problems = z.object({ problems: decrypted('problems').nullable() });
const LINE = pick(statementLines, 'l', [
  ...(['n', 'lineNumber', 'receipt', 'completedAt', 'direction', 'amountCents', 'kind', 'finding', 'movementId', 'verdict'] as const),
  ...(['linkedReceipt', 'details', 'typedReference', 'payerName'] as const),
]);
const ABSENCE = pick(statementAbsences, 'a', ['movementId', 'receipt', 'direction', 'amountCents', 'movedAt', 'proved']);

/** One statement: how far it has come, what is wrong with it, how many lines have which finding, and a page of the lines. Throws `statement_not_found`. */
export async function showStatement({ db }: Pick<App, 'db'>, { id, finding, ...wanted }: z.output<typeof ShowInput>) {
  const {
    statements: [statement],
  } = await readStatements(db, { id, limit: 1 });
  if (!statement) throw new AppError('statement_not_found', 'There is no such statement.');
  const [{ problems = null } = {}] = await readRows(db, Problems, sql`select problems from statements where id = ${id}::uuid`);
  const counts = await readRows(
    db,
    Count,
    sql`
    select coalesce(finding, 'waiting') as finding, direction, count(*)::int as count, sum(amount_cents) as cents from statement_lines where statement_id = ${id}::uuid group by 1, 2
    union all
    select 'missing_there', direction, count(*)::int, sum(amount_cents) from statement_absences where statement_id = ${id}::uuid group by direction
    order by 1, 2`,
  );
  const page = finding === 'missing_there' ? await readAbsences(db, { id, ...wanted }) : await readLines(db, { id, finding, ...wanted });
  return {
    ...statement,
    problems: (problems === null ? [] : JSON.parse(problems)) as Problem[],
    findings: counts.map(({ cents, ...count }) => ({ ...count, amount: shillings(cents) })),
    ...page,
  };
}

type Page = PageWanted & { id: string; finding?: string | undefined; after?: string | undefined };

async function readLines(db: Db, { id, finding, after = '0', ...wanted }: Page) {
  if (!/^\d{1,9}$/.test(after)) throw new AppError('invalid_input', 'after: Send the nextAfter of the page before.');
  const all = sql`
    from statement_lines l
    where l.statement_id = ${id}::uuid and (${finding ?? null}::text is null or l.finding = ${finding ?? null})`;
  const { rows, hasMore, totals } = await readPage(db, LINE.row, wanted, {
    list: sql`select ${LINE.list} ${all} and l.n > ${after}::int order by l.n`,
    all,
  });
  const lines = rows.map(({ amountCents, completedAt, ...line }) => ({
    ...line,
    amount: shillings(amountCents),
    completedAt: completedAt.toISOString(),
  }));
  return { lines, nextAfter: hasMore ? String(rows.at(-1)?.n) : null, ...totals };
}

async function readAbsences(db: Db, { id, after, ...wanted }: Page) {
  if (after !== undefined && !z.uuid().safeParse(after).success)
    throw new AppError('invalid_input', 'after: Send the nextAfter of the page before.');
  const all = sql`from statement_absences a where a.statement_id = ${id}::uuid`;
  const { rows, hasMore, totals } = await readPage(db, ABSENCE.row, wanted, {
    list: sql`select ${ABSENCE.list} ${all} and (${after ?? null}::uuid is null or a.movement_id > ${after ?? null}::uuid) order by a.movement_id`,
    all,
  });
  const movements = rows.map(({ amountCents, movedAt, ...row }) => ({
    ...row,
    amount: shillings(amountCents),
    movedAt: movedAt.toISOString(),
  }));
  return { movements, nextAfter: hasMore ? (rows.at(-1)?.movementId ?? null) : null, ...totals };
}
