import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { mayKnow, roomOf, storeyOf } from './house.ts';
import { codeOf, sqlOf, takeApart } from './sql-texts.ts';

const SRC = path.resolve('src');
export const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.([cm]?[jt]s|sql)$/.test(file));
export const sourceOf = (file: string): string => readFileSync(path.join(SRC, file), 'utf8');

/** Each table with the schema file that makes it, and the name by which TypeScript knows it. */
const tables = files
  .filter((file) => file.endsWith('.schema.ts'))
  .flatMap((schema) =>
    [...sourceOf(schema).matchAll(/export const (\w+) = pgTable\(\s*'(\w+)'/g)].map(([, variable = '', table = '']) => ({
      schema,
      variable,
      table,
    })),
  );
const schemaOf = new Map(tables.map(({ table, schema }) => [table, schema]));
const tableOf = new Map(tables.map(({ variable, table }) => [variable, table]));

type Use = { table: string; writes: boolean };

/** The names under which a file has imported tables, whatever it calls them there, and the names of whole schemas. */
function importedBy(code: string): { locals: Map<string, string>; spaces: string[] } {
  const locals = new Map<string, string>();
  const spaces: string[] = [];
  for (const [, names = '', space, schema = ''] of code.matchAll(
    /^import (?:\{([^}]*)\}|\* as (\w+)) from ['"]([^'"]+\.schema\.ts)['"]/gm,
  )) {
    if (space) spaces.push(space);
    const inSchema = tables.filter((one) => path.basename(one.schema) === path.basename(schema)).map(({ variable }) => variable);
    for (const name of space ? inSchema : names.split(',')) {
      const [variable = '', local = variable] = name.trim().split(' as ');
      const table = tableOf.get(variable);
      if (table) locals.set(local, table);
    }
  }
  return { locals, spaces };
}

/** What a file does with tables through the query builder. What it has imported, and neither reads nor takes columns of, counts as written. */
function builderUsesOf(source: string): Use[] {
  const { locals, spaces } = importedBy(source);
  const whole = takeApart(source).code.replace(/^import [^;]*;$/gm, '');
  const code = spaces.reduce((left, space) => left.replaceAll(`${space}.`, ''), whole);
  const uses: Use[] = [];
  for (const [, verb = '', variable = ''] of code.matchAll(/\.(insert|update|delete|from|\w+Join)\((\w+)[,)]/g)) {
    const table = locals.get(variable) ?? tableOf.get(variable);
    if (table) uses.push({ table, writes: /^(insert|update|delete)$/.test(verb) });
  }
  const acting = code.replace(/\.select\(\{[^}]*\}\)/g, '');
  for (const [local, table] of locals) {
    const reads = String.raw`(?<=\.from\(|Join\(|\bpick\(|\b(?:from|join|typeof) (?:\$\{)?)${local}\b|(?<![\w.'])${local}\.\w`;
    const others = acting.replace(new RegExp(reads, 'g'), '');
    uses.push({ table, writes: new RegExp(`(?<![\\w.'])${local}(?![\\w':])`).test(others) });
  }
  return uses;
}

/** Which tables a file reads and writes, in SQL and through the query builder. */
function usesOf(file: string, source: string): Use[] {
  const code = codeOf(file, source);
  const uses = file.endsWith('.sql') ? [] : builderUsesOf(code);
  const readable = (text: string) =>
    text
      .replace(/\$\{sql\.identifier\('(\w+)'\)\}/g, '$1')
      .replace(/"(\w+)"/g, '$1')
      .replace(/\bpublic\./gi, '');
  for (const [, before = '', verb = '', table = ''] of readable(code).matchAll(
    /(for (?:no key )?|before |after )?\b(insert into|update|delete from|merge into|truncate|copy|from|join|using|alter|drop)\s+(?:table\s+)?(?:if exists\s+)?(?:only\s+)?(\w+)/gi,
  ))
    if (schemaOf.has(table) && !before) uses.push({ table, writes: !/^(from|join|using)$/i.test(verb) });
  for (const { text } of sqlOf(file, source))
    for (const [word] of readable(text.replace(/\$\{(?!sql\.identifier\('\w+'\)\})[^}]*\}/g, '')).matchAll(/\w+/g))
      if (schemaOf.has(word.toLowerCase())) uses.push({ table: word.toLowerCase(), writes: false });
  return uses;
}

const roomPath = (file: string) => `${storeyOf(file)}/${roomOf(file)}`;

/** The tables that a file writes though another room makes them. */
export const foreignWrites = (file: string, source: string): string[] => [
  ...new Set(
    usesOf(file, source).flatMap(({ table, writes }) => {
      const owner = roomPath(schemaOf.get(table) ?? '');
      return writes && roomPath(file) !== owner && !roomPath(file).startsWith(`${owner}/`) ? [table] : [];
    }),
  ),
];

/** The tables that a file reads though they stand above or beside it. */
export const foreignReads = (file: string, source: string): string[] => [
  ...new Set(usesOf(file, source).flatMap(({ table, writes }) => (writes || mayKnow(file, schemaOf.get(table) ?? '') ? [] : [table]))),
];

/** The tables whose names stand in a file as strings, or as keys of plain values. */
export const namedIn = (file: string, source: string): string[] =>
  [
    ...new Set(
      [...codeOf(file, source).matchAll(/(?<=['"`])\w+(?=['"`])|\b\w+(?=: [\d'])/g)].flatMap(([word]) =>
        schemaOf.has(word) ? [word] : [],
      ),
    ),
  ].sort();

/** Whether a file takes the name of a table, or SQL that may hold one, from where nobody can read it. */
export function hidesTable(file: string, source: string): boolean {
  const code = codeOf(file, source);
  if (file.endsWith('.sql')) return /\bexecute\s+(?!function|on\b)/i.test(code);
  const hole = String.raw`\s+(?:only\s+)?\$\{(?!sql\.identifier\('\w+'\)\})`;
  const written = new RegExp(String.raw`\b(into|update|delete from|truncate|table|copy)${hole}`, 'i');
  const read = new RegExp(String.raw`\b(from|join|using)${hole}[^}]*\}(?!\()`, 'i');
  const { texts } = takeApart(code);
  return (
    /sql\.identifier\((?!'\w+'\))|sql\.raw\((?!\s*['`])|(export [^;]* from|import\() ?'[^']*\.schema\.ts'/.test(code) ||
    texts.some(({ text }) => /\b(insert into|update|delete from|truncate|select .*from|join|table)\s+$/is.test(text)) ||
    sqlOf(file, source).some(({ text, mark }) => written.test(text) || (mark !== 'sql' && read.test(text)))
  );
}

/** The tables that a file uses in whatever way. */
export const tablesOf = (file: string, source: string): string[] => [...new Set(usesOf(file, source).map(({ table }) => table))].sort();
