import type { FreshDatabase } from './database.ts';

type Row = Record<string, unknown>;

const ANY: Record<string, unknown> = { uuid: null, text: 'any', boolean: false, ARRAY: [], jsonb: {} };

/** Writes rows that belong to nothing, for what a function reads of them: each column that has to have a value and was not given one gets any. Yields the row's id. */
export async function putRow({ sql }: FreshDatabase, table: string, row: Row): Promise<string> {
  const needed = await sql<{ name: string; type: string }>(
    "select column_name as name, data_type as type from information_schema.columns where table_name = $1 and is_nullable = 'NO'",
    [table],
  );
  const [{ fresh, now } = { fresh: '', now: '' }] = await sql<{ fresh: string; now: string }>(
    'select new_id_1() as fresh, now()::text as now',
  );
  const any = ({ type }: { type: string }) => (type === 'uuid' ? fresh : type.startsWith('timestamp') ? now : (ANY[type] ?? 1));
  const whole = { ...Object.fromEntries(needed.map((column) => [column.name, any(column)])), ...row };
  await sql(`alter table ${table} disable trigger all`);
  await sql(`alter table ${table} enable trigger user`);
  await sql(`insert into ${table} select * from jsonb_populate_record(null::${table}, $1)`, [JSON.stringify(whole)]);
  return String((whole as Row).id ?? fresh);
}
