import { parseArgs } from 'node:util';
import { dataAccess, environment } from '#ground/config/config.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { innermost } from '#ground/db/errors.ts';
import { type InvoiceNumber, readNumber } from '#shop/invoices/skip-numbers.ts';
import { readLock } from './backup/backup-key.ts';
import { drill } from './backup/drill.ts';
import { restore } from './backup/restore.ts';
import type { Output } from './backup.ts';

const USAGE = `Fills an empty database with a backup, checks it, and leaves it as a copy that does nothing until a person claims it.

  npm run restore -- FILE --into URL --last-invoice INV-2026-000123 [--last-invoice RCT-2026-000456 ...]
  npm run restore -- FILE --into URL --last-invoice none        no invoice, receipt or credit note was mailed after the backup
  npm run restore -- FILE --into URL --drill --by "Wanjiru Kamau"
  npm run restore -- FILE --check                               reads the whole file, and touches no database
  --passphrase-file FILE                                        where the backup was made with a passphrase

URL is the connection string of a database without any table. --last-invoice is the highest number of each series that a customer has in the mail since the backup: the next
number is above it. With --drill the database is emptied again at the end, and the database in DATABASE_URL is told that the drill was done, which closes this quarter's task.

It needs BACKUP_KEY or the passphrase, and the ENCRYPTION_KEYS and LOOKUP_KEY of the backup's time. It calls nobody.
`;

type Given = {
  file: string;
  into: string | undefined;
  passphraseFile: string | undefined;
  lastNumbers: InvoiceNumber[];
  drilledBy: string | undefined;
};

/** The command `npm run restore`; resolves to its exit code. */
export async function runRestore(argv: string[], from: NodeJS.ProcessEnv, output: Output, now = new Date()): Promise<number> {
  const { print, complain } = output;
  let given: Given | undefined;
  try {
    given = readArguments(argv);
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  if (!given) {
    print(USAGE);
    return 0;
  }
  try {
    const lock = readLock(given.passphraseFile, from);
    const { into, file, lastNumbers, drilledBy } = given;
    const keys = into ? dataAccess({ ...from, DATABASE_URL: from.DATABASE_URL ?? into }) : undefined;
    if (keys) installKeys(keys.keys);
    const task = { file, lock, into, lastNumbers, now };
    if (drilledBy === undefined) await restore(task, print);
    else await drill({ ...task, by: drilledBy, live: keys?.databaseUrl }, print);
    return 0;
  } catch (error) {
    const inner = innermost(error);
    complain(`${inner instanceof Error ? inner.message : inner}\nThe restore is not finished: do not use that database.`);
    return 1;
  }
}

function readArguments(args: string[]): Given | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...{ into: text, by: text, 'passphrase-file': text, 'last-invoice': { type: 'string', multiple: true } },
      ...{ drill: flag, check: flag, help: flag },
    },
  });
  if (values.help) return undefined;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new Error('Say one file to restore.');
  const { into, drill: isDrill, check, by } = values;
  if (!check && !into) throw new Error('Say which database: --into URL.');
  if (check && into) throw new Error('--check touches no database: leave out --into.');
  if (into && !/^postgres(ql)?:\/\//.test(into)) throw new Error('--into is not a postgres:// connection string.');
  if (isDrill && !by?.trim()) throw new Error('Say who tries it: --by "...".');
  const said = values['last-invoice'];
  if (!check && !isDrill && !said)
    throw new Error('Say which number was mailed last: --last-invoice INV-2026-000123, one for each series, or --last-invoice none.');
  return {
    file,
    into,
    passphraseFile: values['passphrase-file'],
    lastNumbers: readNumbers(said),
    drilledBy: isDrill ? by?.trim() : undefined,
  };
}

/** The numbers that --last-invoice names. */
export function readNumbers(said: string[] = []): InvoiceNumber[] {
  if (said.length === 1 && said[0] === 'none') return [];
  return said.map((printed) => {
    const number = readNumber(printed);
    if (!number)
      throw new Error(`--last-invoice takes a number such as INV-2026-000123, RCT-2026-000123 or CRN-2026-000123, not ${printed}.`);
    return number;
  });
}

if (import.meta.main)
  process.exitCode = await runRestore(process.argv.slice(2), environment(), { print: console.log, complain: console.error });
