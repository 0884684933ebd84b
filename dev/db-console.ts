import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs, parseEnv } from 'node:util';
import { Client, type QueryResult } from '@neondatabase/serverless';
import { databaseUrl, environment } from '#ground/config/config.ts';
import { useLocalEndpointFor } from '#ground/db/client.ts';
import { innermost } from '#ground/db/errors.ts';

const USAGE = `SQL by hand, for looking. Reads DATABASE_URL, or where that is not set what \`npm start\` runs on.

  npm run db:console                                  asks for statements, each ended by a semicolon; \\q ends
  npm run db:console -- "select count(*) from payments"
  --write                                             for changes; without it a slip changes nothing, as transactions are read-only unless one says "read write"
  --dir .local                                        where the local world keeps its data
  --help

Personal data is encrypted in its columns. For daily work there are commands and requests: docs/operations.md.
`;

type Output = { print(text: string): void; table(rows: unknown[]): void; complain(text: string): void };

/** The command `npm run db:console`; resolves to its exit code. */
export async function runConsole(argv: string[], statements: AsyncIterable<string> | undefined, output: Output): Promise<number> {
  const { values, positionals } = readArguments(argv);
  if (values.help) {
    output.print(USAGE);
    return 0;
  }
  const url = whichDatabase(values.dir);
  if (!url) {
    output.complain('There is no database to look at: set DATABASE_URL in .env, or run `npm start` first and leave it running.');
    return 2;
  }
  let client: Client | undefined;
  try {
    client = await open(url, values.write);
    const failed = positionals.length > 0 ? await runAll(client, positionals, output) : await runAll(client, statements ?? [], output);
    return failed && positionals.length > 0 ? 1 : 0;
  } catch (error) {
    output.complain(`${messageOf(error)}\nIs it running? \`npm start\` has to, for the local world.`);
    return 1;
  } finally {
    await client?.end().catch(() => undefined);
  }
}

const readArguments = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: { write: { type: 'boolean', default: false }, dir: { type: 'string', default: '.local' }, help: { type: 'boolean' } },
  });

function whichDatabase(dir: string): string | undefined {
  if (environment().DATABASE_URL) return databaseUrl();
  const settings = path.join(dir, 'commands.env');
  return existsSync(settings) ? databaseUrl(parseEnv(readFileSync(settings, 'utf8')) as NodeJS.ProcessEnv) : undefined;
}

async function open(connectionString: string, write: boolean): Promise<Client> {
  useLocalEndpointFor(connectionString);
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  if (!write) await client.query('set session characteristics as transaction read only');
  return client;
}

/** Runs each statement and prints what it gave; true when one failed. */
async function runAll(client: Client, statements: AsyncIterable<string> | Iterable<string>, output: Output): Promise<boolean> {
  let failed = false;
  for await (const statement of statements) {
    if (statement.trim() === '\\q') break;
    try {
      const results: QueryResult[] = [await client.query(statement)].flat(); // several where it holds several
      for (const { rows, command, rowCount } of results) {
        if (rows.length > 0) output.table(rows);
        output.print(`${command} ${rowCount ?? ''}`.trim());
      }
    } catch (error) {
      failed = true;
      output.complain(messageOf(error));
    }
  }
  return failed;
}

function messageOf(error: unknown): string {
  const inner = innermost(error);
  return inner instanceof Error ? inner.message : 'The database does not answer.';
}

/** What a person types, statement by statement. */
async function* typed(): AsyncIterable<string> {
  const isPerson = process.stdin.isTTY; // a file or a pipe ends, and is not prompted
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: isPerson ? 'malipo> ' : '' });
  let statement = '';
  if (isPerson) lines.prompt();
  for await (const line of lines) {
    statement += `${line}\n`;
    if (line.trim() === '\\q') break;
    if (line.trimEnd().endsWith(';')) {
      yield statement;
      statement = '';
    }
    if (isPerson) lines.prompt();
  }
  if (!isPerson && statement.trim() && statement.trim() !== '\\q') yield statement;
  lines.close();
}

if (import.meta.main) {
  const output = { print: console.log, table: console.table, complain: console.error };
  process.exitCode = await runConsole(process.argv.slice(2), typed(), output).catch((error: Error) => {
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  });
}
