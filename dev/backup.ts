import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { databaseUrl, environment } from '#ground/config/config.ts';
import { innermost } from '#ground/db/errors.ts';
import { readLock } from './backup/backup-key.ts';
import { connectDirect } from './backup/connect-direct.ts';
import { checksumOf, takeBackup } from './backup/take-backup.ts';

const USAGE = `Writes everything that is in the database into one encrypted file, as it is at one moment. The site goes on meanwhile.

  npm run backup -- malipo-2026-11-30.backup
  npm run backup -- FILE --passphrase-file FILE     a passphrase instead of BACKUP_KEY
  npm run backup -- --help

It needs DATABASE_URL (a role that may only read is enough) and BACKUP_KEY, which \`npm run keys -- --backup\` makes. It never belongs into the site's environment: keep it in a
safe, and in .env.backup of the machine that makes the backups. What is encrypted in the database stays so inside: keep ENCRYPTION_KEYS and LOOKUP_KEY of that
time with it. A file that exists is not replaced.
`;

export type Output = { print(text: string): void; complain(text: string): void };

/** The command `npm run backup`; resolves to its exit code. */
export async function runBackup(argv: string[], from: NodeJS.ProcessEnv, { print, complain }: Output): Promise<number> {
  let given: { file: string; passphraseFile: string | undefined };
  try {
    const options = { 'passphrase-file': { type: 'string' }, help: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
    if (values.help) {
      print(USAGE);
      return 0;
    }
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new Error('Say one file to write to.');
    given = { file, passphraseFile: values['passphrase-file'] };
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  let client: Awaited<ReturnType<typeof connectDirect>> | undefined;
  try {
    if (existsSync(given.file)) throw new Error(`${given.file} exists already: a backup replaces no other. Choose another name.`);
    const lock = readLock(given.passphraseFile, from);
    client = await connectDirect(databaseUrl(from));
    const { tables } = await takeBackup(client, given.file, lock, new Date());
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const { size } = await stat(given.file);
    print(`Wrote ${given.file}: ${tables.length} tables, ${rows.toLocaleString('en')} rows, ${size.toLocaleString('en')} bytes.`);
    print(`SHA-256 ${await checksumOf(given.file)}`);
    print(
      'Copy it to another place than the database and this machine. Whether it can be restored, a drill shows: `npm run restore -- --help`.',
    );
    return 0;
  } catch (error) {
    const inner = innermost(error);
    complain(`${inner instanceof Error ? inner.message : inner}\nThere is no backup.`);
    return 1;
  } finally {
    await client?.end().catch(() => undefined);
  }
}

if (import.meta.main)
  process.exitCode = await runBackup(process.argv.slice(2), environment(), { print: console.log, complain: console.error });
