import type { PoolClient } from '@neondatabase/serverless';

/** A rule that binds what is written from now on, and of which nobody has looked yet whether the older rows fit. */
type Unvalidated = {
  table: string;
  name: string;
  kind: 'c' | 'f';
  expression: string;
  columns: string[];
  target: string;
  targetColumns: string[];
};

const UNVALIDATED = `
  select c.conrelid::regclass::text as table, c.conname as name, c.contype as kind, pg_get_expr(c.conbin, c.conrelid) as expression,
    array(select a.attname::text from unnest(c.conkey) with ordinality k(n, i) join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.i) as columns,
    c.confrelid::regclass::text as target,
    array(select a.attname::text from unnest(c.confkey) with ordinality k(n, i) join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.i) as "targetColumns"
  from pg_constraint c join pg_namespace n on n.oid = c.connamespace
  where n.nspname = 'public' and c.contype in ('c', 'f') and not c.convalidated and c.conname <> all($1) order by 1, 2`;

/** Rules for new rows alone, for good: of a transfer from before 0017, or one that was restored, nobody knows in which transaction it was booked, and the checkpoints hold it already. */
const NEW_ROWS_ALONE = ['transfers_in_order'];

/** How many of the rows that do not fit are named. */
const NAMED = 5;

/**
 * Validates the constraints that migrations added as \`not valid\`, each in a transaction of its own that stops no writes; safe to run again.
 * Throws with the rows that do not fit, of all of them, so that a person can mend those rows and migrate once more: the constraints hold for
 * new rows meanwhile.
 */
export async function validateConstraints(client: PoolClient): Promise<void> {
  const { rows } = await client.query<Unvalidated>(UNVALIDATED, [NEW_ROWS_ALONE]);
  const unfit: string[] = [];
  for (const constraint of rows) {
    try {
      await client.query(`alter table ${constraint.table} validate constraint "${constraint.name}"`);
    } catch (error) {
      if (!isViolation(error)) throw error;
      unfit.push(`${constraint.table}, ${constraint.name}: ${await nameUnfit(client, constraint)}`);
    }
  }
  if (unfit.length > 0)
    throw new Error(
      `The schema is new, but older rows do not fit it. Mend them, then migrate again (transfers and evidence are never changed: report those instead):\n${unfit.join('\n')}`,
    );
}

const isViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '23514' || error.code === '23503');

/** The keys of some rows that break a constraint. */
async function nameUnfit(client: PoolClient, { table, kind, expression, columns, target, targetColumns }: Unvalidated): Promise<string> {
  const isThere = columns.map((column, i) => `x."${targetColumns[i]}" = t."${column}"`).join(' and ');
  const isSaid = columns.map((column) => `t."${column}" is not null`).join(' and ');
  const broken = kind === 'c' ? `not (${expression})` : `${isSaid} and not exists (select from ${target} x where ${isThere})`;
  const keys = `(select jsonb_object_agg(a.attname, to_jsonb(t) -> a.attname) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = '${table}'::regclass and i.indisprimary)`;
  const { rows } = await client.query<{ key: unknown; all: string }>(
    `select ${keys} as key, count(*) over () as all from ${table} t where ${broken} limit ${NAMED}`,
  );
  return `${rows[0]?.all ?? 0} rows, as ${rows.map(({ key }) => JSON.stringify(key)).join(', ')}`;
}
