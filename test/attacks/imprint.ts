import type { FreshDatabase } from '../world/database.ts';

/** Every row of every table, one digest per table: two imprints are equal when nothing was changed. */
export async function imprint({ sql }: FreshDatabase): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public' order by 1");
  const digests = tables.map(
    ({ name }) => `(select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from "${name}" t)`,
  );
  const [row] = await sql<{ digests: string[] }>(`select array[${digests.join(', ')}] as digests`);
  return Object.fromEntries(tables.map(({ name }, at) => [name, row?.digests[at] ?? '']));
}

/** The tables that differ between two imprints. */
export const changed = (before: Record<string, string>, after: Record<string, string>): string[] =>
  Object.keys(after).filter((table) => before[table] !== after[table]);
