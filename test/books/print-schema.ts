import { globSync, readFileSync } from 'node:fs';
import { HOUSE } from '../house.ts';
import type { FreshDatabase } from '../world/database.ts';

type Column = { table: string; name: string; type: string; required: boolean; fallback: string | null; generated: boolean };
type Part = { table: string; kind: string; name: string; text: string };
type Routine = { name: string; takes: string };

const COLUMNS = `
  select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required, a.attgenerated <> '' as generated,
    pg_get_expr(d.adbin, d.adrelid) as fallback
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum`;
const PARTS = `
  select conrelid::regclass::text as table, 'constraint' as kind, conname::text as name, pg_get_constraintdef(oid) as text from pg_constraint
  where connamespace = 'public'::regnamespace and conrelid <> 0 and contype in ('p', 'u', 'c', 'f')
  union all select i.indrelid::regclass::text, 'index', c.relname, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
  where c.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
  union all select tgrelid::regclass::text, 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  order by 1, 2, 3`;
const ROUTINES = `
  select proname as name, pg_get_function_identity_arguments(oid) as takes from pg_proc where pronamespace = 'public'::regnamespace order by 1, 2`;

/** The database as it is, on a page that a person can read: tables by the schema file that makes them, then the functions by the file where they are read. */
export async function printSchema({ sql }: FreshDatabase): Promise<string> {
  const columns = await sql<Column>(COLUMNS);
  const parts = await sql<Part>(PARTS);
  const tables = schemaFiles().flatMap(({ file, names }) => [`-- ${file}`, ...names.map((name) => printTable(name, columns, parts))]);
  return `${[HEAD, ...tables, printRoutines(await sql<Routine>(ROUTINES))].join('\n\n')}\n`;
}

const HEAD = '-- The database as the migrations make it. Written by `npm run db:schema`, and held by a test.';

/** The files that make tables, from the lowest storey up, each with its tables. */
const schemaFiles = () =>
  globSync('src/**/*.schema.ts')
    .map((file) => ({ file, storey: Object.keys(HOUSE).indexOf(file.split('/')[1] ?? '') }))
    .sort((a, b) => a.storey - b.storey || a.file.localeCompare(b.file))
    .map(({ file }) => file)
    .map((file) => ({ file, names: [...readFileSync(file, 'utf8').matchAll(/pgTable\(\s*'(\w+)'/g)].map(([, name = '']) => name) }));

function printTable(table: string, columns: readonly Column[], parts: readonly Part[]): string {
  const own = parts.filter((part) => part.table === table);
  const constraints = own.filter(({ kind }) => kind === 'constraint').map(({ name, text }) => `  constraint ${name} ${plain(text)}`);
  const rest = own.filter(({ kind }) => kind !== 'constraint').map(({ text }) => `${plain(text)};`);
  const lines = columns.filter((column) => column.table === table).map(printColumn);
  return [`create table ${table} (\n${[...lines, ...constraints].join(',\n')}\n);`, ...rest].join('\n');
}

function printColumn({ name, type, required, fallback, generated }: Column): string {
  const value = fallback === null ? '' : generated ? ` generated always as (${fallback}) stored` : ` default ${fallback}`;
  return `  ${name} ${type.replace('timestamp with time zone', 'timestamptz')}${required ? ' not null' : ''}${value}`;
}

/** What PostgreSQL prints of its own, as a person would have written it: no capitals outside of quotes, no casts of texts to text, lists as `in`. */
const plain = (text: string): string =>
  text
    .replace(/'[^']*'|"[^"]*"|[A-Z]+/g, (part) => (/^['"]/.test(part) ? part : part.toLowerCase()))
    .replaceAll(/('(?:[^']|'')*'|\])::text(\[\])?/g, '$1') // what a word is anyway
    .replaceAll(/public\.| using btree/g, '')
    .replaceAll(/\((\w+) = any \(array\[([^\]]*)\]\)\)/g, '$1 in ($2)')
    .replace(/^check \(\((.*)\)\)$/s, 'check ($1)');

function printRoutines(routines: readonly Routine[]): string {
  const files = globSync('src/**/*.sql').sort();
  const fileOf = new Map(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/create function (\w+)\s*\(/g)].map(([, name = '']) => [name, file] as const),
    ),
  );
  const line = ({ name, takes }: Routine) => `--   ${name}(${takes.replaceAll('timestamp with time zone', 'timestamptz')})`;
  const here = files.flatMap((file) => {
    const own = routines.filter(({ name }) => fileOf.get(name) === file);
    return own.length > 0 ? [`-- ${file}`, ...own.map(line)] : [];
  });
  const elsewhere = routines.filter(({ name }) => !fileOf.has(name));
  return [
    '-- Functions, by the file where they are read:',
    ...here,
    '-- in migrations alone, some of them for the release before this one',
    ...elsewhere.map(line),
  ].join('\n');
}
