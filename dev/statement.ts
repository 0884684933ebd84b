import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createApp } from '#app.ts';
import { ConfigError, config } from '#ground/config/config.ts';
import { innermost } from '#ground/db/errors.ts';
import { AppError } from '#ground/errors.ts';
import { readPhone } from '#ground/text/phone.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { PART_BYTES } from '#mpesa/reconcile/keep-part.ts';
import { showStatement } from '#mpesa/reconcile/show-statement.ts';
import { addStatementPart, uploadStatement } from '#mpesa/reconcile/upload-statement.ts';
import { workStatements } from '#mpesa/reconcile/work-statements.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { listAllPeople } from '#people/people/manage-people.ts';

const USAGE = `Imports an export of the M-PESA portal (.xls, .xlsx or .csv), also one that is too large to be sent, and compares it with the books.
Nothing is booked before another person signs it off. It works on the database that DATABASE_URL names.

  npm run statement -- FILE --as 0712345678                      as the treasurer or administrator with this phone
  npm run statement -- FILE --as 0712345678 --shortcode 600000   where the file does not say which short code it is about
`;

const NEVER = new Date('9999-01-01');

/** The command was not understood; its message says why. */
class UsageError extends Error {
  override name = 'UsageError';
}

type World = { app(): App; print(text: string): void; complain(text: string): void };
type Shown = Awaited<ReturnType<typeof showStatement>>;

/** The command `npm run statement`; resolves to its exit code. The database is opened only when the command is understood. */
export async function runStatement(argv: string[], world: World): Promise<number> {
  try {
    return await run(argv, world);
  } catch (error) {
    const isMisunderstood =
      error instanceof UsageError || (error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS|^ENOENT$/.test(String(error.code)));
    if (isMisunderstood) world.complain(`${(error as Error).message}\n\n${USAGE}`);
    else if (error instanceof AppError || error instanceof ConfigError) world.complain(error.message);
    else throw error;
    return isMisunderstood ? 2 : 1;
  }
}

async function run(argv: string[], { app, print, complain }: World): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { as: text, shortcode: text, help: { type: 'boolean' } },
  });
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('Say which file, and only one.');
  const phone = readPhone(values.as ?? '');
  if (!phone) throw new UsageError('Say who imports it: --as, the phone of a treasurer or administrator. Another person signs it off.');
  if (values.shortcode !== undefined && !/^\d{5,8}$/.test(values.shortcode))
    throw new UsageError('--shortcode is a number such as 600000.');
  const bytes = new Uint8Array(await readFile(file));
  if (bytes.length === 0) throw new UsageError('The file is empty.');
  const wired = app();
  const person = (await listAllPeople(wired.db)).find((one) => one.phone === phone && !one.disabledAt);
  if (!person || person.role === 'member') throw new UsageError('Nobody with this phone is a treasurer or administrator here.');
  const id = await send(wired, bytes, {
    fileName: path.basename(file).slice(0, 150),
    shortcode: values.shortcode,
    caller: `person:${person.id}`,
  });
  const shown = await finish(wired, id);
  describe(shown, id, { print, complain });
  return shown.refused ? 1 : 0;
}

async function send(
  app: App,
  bytes: Uint8Array<ArrayBuffer>,
  { caller, ...named }: { fileName: string; shortcode?: string | undefined; caller: string },
): Promise<string> {
  const call = { requestId: randomUUID(), caller: { id: caller, scopes: [] }, address: '127.0.0.1', later() {}, setCookie() {} };
  const parts = Math.ceil(bytes.length / PART_BYTES);
  const size = Math.ceil(bytes.length / parts); // no part is much smaller than the others
  const partAt = (n: number) => bytes.subarray((n - 1) * size, n * size);
  const { statementId } = await uploadStatement(app, { file: partAt(1), parts, ...named }, call);
  for (let part = 2; part <= parts; part++) await addStatementPart(app, { id: statementId, part, file: partAt(part) }, call);
  return statementId;
}

/** Reads and compares the statement in this process; the site's own job may work on it too. */
async function finish(app: App, id: string): Promise<Shown> {
  for (;;) {
    await workStatements(app, NEVER);
    const shown = await showStatement(app, { id, limit: 1 });
    if (!['waiting', 'reading', 'matching'].includes(shown.state)) return shown;
    await sleep(1_000);
  }
}

function describe(shown: Shown, id: string, { print, complain }: Pick<World, 'print' | 'complain'>): void {
  if (shown.refused) {
    complain(shown.refused.why ?? shown.refused.code);
    for (const { lineNumber, problem } of shown.problems) complain(`${lineNumber === undefined ? '' : `line ${lineNumber}: `}${problem}`);
    return;
  }
  const covers = shown.covers ? `, from ${inNairobi(shown.covers.from)} to ${inNairobi(shown.covers.to)} in Nairobi` : '';
  print(`${shown.progress.lines.toLocaleString('en')} lines of ${shown.shortcode}${covers}.`);
  if (!shown.unbroken) print('Its own figures do not agree, as said below: it proves nothing, and cannot be signed off.');
  else if (!shown.whole) print('It does not say its period: signed off it proves what it contains, and refutes nothing.');
  for (const { finding, direction, count, amount } of shown.findings)
    print(`  ${finding.padEnd(15)} ${direction.padEnd(4)} ${count.toLocaleString('en').padStart(9)}  KES ${amount.toLocaleString('en')}`);
  for (const { lineNumber, problem } of shown.problems) print(`  ${lineNumber === undefined ? '' : `line ${lineNumber}: `}${problem}`);
  if (!shown.unbroken)
    print(
      `Export the same days again, with all their lines and unopened. This one is discarded by POST /api/statements/${id}/discard with {}`,
    );
  else print(`Another person signs it off: POST /api/statements/${id}/sign-off with {}`);
}

/** A moment as a treasurer writes it: the day and minute in Nairobi. */
function inNairobi(moment: string): string {
  const at = new Date(moment);
  return `${nairobiDay(at)} ${new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Africa/Nairobi' }).format(at)}`;
}

if (import.meta.main) {
  let opened: App | undefined;
  const app = () => {
    opened ??= createApp(config());
    return opened;
  };
  try {
    process.exitCode = await runStatement(process.argv.slice(2), { app, print: console.log, complain: console.error });
  } catch (error) {
    const inner = innermost(error);
    console.error(`${inner instanceof Error ? inner.message : inner}\n\`npm run doctor\` says more.`);
    process.exitCode = 1;
  } finally {
    await opened?.db.close();
  }
}
