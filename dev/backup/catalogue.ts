import type pg from 'pg';

/** A table and the columns that are copied: all but those that PostgreSQL computes, and transaction numbers, which mean nothing elsewhere. */
export type Table = { name: string; columns: string[] };

const TABLES = `
  select c.relname as name, array(select a.attname::text from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and pg_get_expr(d.adbin, d.adrelid) is distinct from 'pg_current_xact_id()'
    order by a.attnum) as columns
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.relname`;

const REFERENCES = `
  select distinct k.conrelid::regclass::text as "from", k.confrelid::regclass::text as "to" from pg_constraint k
  where k.contype = 'f' and k.connamespace = 'public'::regnamespace and k.conrelid <> k.confrelid`;

/** All tables, each after those that its rows refer to, so that they can be filled in this order. */
export async function listTables(client: pg.Client): Promise<Table[]> {
  const { rows: tables } = await client.query<Table>(TABLES);
  const { rows: references } = await client.query<{ from: string; to: string }>(REFERENCES);
  const ordered: Table[] = [];
  while (ordered.length < tables.length) {
    const isThere = (name: string) => ordered.some((table) => table.name === name);
    const free = tables.filter(({ name }) => !isThere(name) && references.every(({ from, to }) => from !== name || isThere(to)));
    if (free.length === 0) throw new Error('Tables refer to each other in a circle: they cannot be filled one after the other.');
    ordered.push(...free);
  }
  return ordered;
}

export type Sequence = { name: string; value: string; isCalled: boolean };

/** Where the sequences stand, those of identity columns too. */
export async function listSequences(client: pg.Client): Promise<Sequence[]> {
  const { rows } = await client.query<{ name: string }>(
    "select sequencename as name from pg_sequences where schemaname = 'public' order by 1",
  );
  const found: Sequence[] = [];
  for (const { name } of rows) {
    const { rows: at } = await client.query(`select last_value::text as value, is_called as "isCalled" from ${quote(name)}`);
    found.push({ name, ...at[0] });
  }
  return found;
}

/** What every account holds, in cents, by the sum of all transfers. */
export async function sumBalances(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ account: string; cents: string }>(
    'select account, cents::text from moved_in_all_1(null) order by 1',
  );
  return Object.fromEntries(rows.map(({ account, cents }) => [account, cents]));
}

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const copyText = ({ name, columns }: Table, way: 'to stdout' | 'from stdin'): string =>
  `copy ${quote(name)} (${columns.map(quote).join(', ')}) ${way}`;
