import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { exportPerson } from '#desk/person/export-person.ts';
import { findPerson, NotOne } from '#desk/person/find-person.ts';
import { dataAccess, environment } from '#ground/config/config.ts';
import { connect } from '#ground/db/client.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { innermost } from '#ground/db/errors.ts';
import type { Output } from './backup.ts';
import { UsageError } from './command.ts';
import { readAsked, readBy, WHOM } from './person/read-asked.ts';

const USAGE = `Writes everything that is held of one person into a file, to give it to them. Nothing of it is shown on the screen. It uses DATABASE_URL, ENCRYPTION_KEYS and LOOKUP_KEY as the site has them.

  npm run export-person -- --phone 0712345678 --out FILE --by "Wanjiru Kamau"
  npm run export-person -- --member ID ...      a member, by id or member number
  npm run export-person -- --email ADDRESS ...
  npm run export-person -- --person ID ...      one of the staff
  npm run export-person -- --payment ID ...     whoever made this payment, by its id or reference

Make sure that whoever asks is who they say they are: docs/operations.md says how. A file that exists is not replaced, and only you may read the new one. That it was made, by whom and
for whom (by an id), is on the audit trail.
`;

const LIMITS = { statementMs: 10 * 60_000 };

/** The command `npm run export-person`; resolves to its exit code. */
export async function runExportPerson(
  argv: string[],
  from: NodeJS.ProcessEnv,
  { print, complain }: Output,
  now = new Date(),
): Promise<number> {
  await using opened = new AsyncDisposableStack();
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ args: argv, options: { ...WHOM, out: text, by: text, help: { type: 'boolean' } } });
    if (values.help) {
      print(USAGE);
      return 0;
    }
    const asked = readAsked(values);
    const by = readBy(values.by);
    const { out } = values;
    if (!out) throw new UsageError('Say where to write it: --out FILE.');
    if (existsSync(out)) throw new UsageError(`${out} exists already: choose another name.`);
    const { databaseUrl, keys } = dataAccess(from);
    installKeys(keys);
    const db = connect(databaseUrl, undefined, { limits: LIMITS });
    opened.defer(() => db.close());
    const given = await exportPerson(db, await findPerson(db, asked), { by, now });
    const file = await open(out, 'wx', 0o600);
    opened.defer(() => file.close());
    await file.writeFile(`${JSON.stringify(given, null, 2)}\n`);
    const rows = Object.values(given.counts).reduce((sum, n) => sum + n, 0);
    print(`Wrote ${out}: ${rows.toLocaleString('en')} records about ${given.about}. Hand it over in a safe way, then delete it here.`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError || isMisread(error)) {
      complain(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    const inner = error instanceof NotOne ? error : innermost(error);
    complain(`${inner instanceof Error ? inner.message : inner}\nNothing was written.`);
    return 1;
  }
}

/** Whether options were not understood. */
export const isMisread = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code));

if (import.meta.main)
  process.exitCode = await runExportPerson(process.argv.slice(2), environment(), { print: console.log, complain: console.error });
