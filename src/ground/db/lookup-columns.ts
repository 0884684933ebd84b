import type { Session } from './types.ts';

/** A column that holds hashes made with the look-up keys: alone, or inside a text. */
export type LookupColumn = { table: string; column: string; isWhole: boolean };

/** Hashes that no look-up key made: of secrets of our own, and of files. */
const OTHERS: readonly string[] = ['api_keys.secret_hash', 'statements.file_hash', 'statement_parts.hash'];

/** Columns whose texts hold such hashes between other words: names of limits, whose key it is, who asked for a payment (`phone:<hash>`). */
const INSIDE: readonly string[] = ['recent_times.key', 'counters.key', 'idempotency_keys.scope', 'payments.caller'];

/** Whole hashes in columns that are called otherwise. */
const NAMED_OTHERWISE: readonly string[] = ['idempotency_keys.fingerprint', 'bulk_payouts.hash'];

/** All columns that hold hashes of the look-up keys, by the names that columns have in the schema. */
export async function lookupColumns(client: Session): Promise<LookupColumn[]> {
  const { rows } = await client.query(
    `select c.table_name::text as table, c.column_name::text as column from information_schema.columns c join pg_class t on t.oid = format('public.%I', c.table_name)::regclass
     where c.table_schema = 'public' and t.relkind = 'r' and (c.column_name like '%\\_hash' or c.table_name || '.' || c.column_name = any($1::text[])) order by 1, 2`,
    [[...INSIDE, ...NAMED_OTHERWISE]],
  );
  return (rows as { table: string; column: string }[])
    .filter(({ table, column }) => !OTHERS.includes(`${table}.${column}`))
    .map((found) => ({ ...found, isWhole: !INSIDE.includes(`${found.table}.${found.column}`) }));
}
