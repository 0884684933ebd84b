import type { PoolClient } from '@neondatabase/serverless';

/** A constraint that binds new rows, while nobody has checked yet whether the older rows meet it. */
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

/**
 * Constraints that stay for new rows alone. `transfers_in_order`: nobody knows which transaction booked a transfer from before migration 0017, or a restored one,
 * and the checkpoints hold it already.
 */
const NEW_ROWS_ALONE = ['transfers_in_order'];

/** How many of the rows that do not fit are named. */
const NAMED = 5;

/**
 * Validates the constraints that migrations added as `not valid`, each in a transaction of its own that stops no writes; safe to run again. Throws at the end and
 * names, for each constraint, rows that do not fit it, so that a person can mend them and migrate again. Meanwhile the constraints hold for new rows.
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

/** How many rows break a constraint, and the keys of some. */
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
