import { parseArgs } from 'node:util';
import { dataAccess, environment } from '#ground/config/config.ts';
import { connect } from '#ground/db/client.ts';
import { countByKey, encryptedColumns } from '#ground/db/encrypted-columns.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { innermost } from '#ground/db/errors.ts';
import { connectDirect } from './backup/connect-direct.ts';
import type { Output } from './backup.ts';
import { changeLookupKey } from './keys/change-lookup-key.ts';
import { describeCounts } from './keys/describe-counts.ts';
import { loadSchemas } from './keys/load-schemas.ts';
import { rotateEncryption } from './keys/rotate-encryption.ts';

const USAGE = `Brings what the database holds under new keys. It uses DATABASE_URL, ENCRYPTION_KEYS and LOOKUP_KEY: set them as the site has them, the new key in front.

  npm run rotate-keys                 encrypts everything under the first of ENCRYPTION_KEYS, beside the running site; may be stopped and repeated
  npm run rotate-keys -- --count      says how many values are under which key, and changes nothing
  npm run rotate-keys -- --lookup     lays the first of LOOKUP_KEY over all hashes, in one step of some minutes, during which the site waits
  npm run rotate-keys -- --help

Exit code: 0 when nothing is left under an earlier key, 1 when something is.
`;

/** Wider than the site's: whole tables are counted here. */
const LIMITS = { statementMs: 10 * 60_000 };

/** The command `npm run rotate-keys`; resolves to its exit code. */
export async function runRotateKeys(
  argv: string[],
  from: NodeJS.ProcessEnv,
  { print, complain }: Output,
  now = new Date(),
): Promise<number> {
  let asked: { count?: boolean | undefined; lookup?: boolean | undefined; help?: boolean | undefined };
  try {
    const flag = { type: 'boolean' } as const;
    asked = parseArgs({ args: argv, options: { count: flag, lookup: flag, help: flag } }).values;
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  if (asked.help) {
    print(USAGE);
    return 0;
  }
  await using open = new AsyncDisposableStack();
  try {
    const { databaseUrl, keys } = dataAccess(from);
    installKeys(keys);
    const db = connect(databaseUrl, undefined, { limits: LIMITS });
    open.defer(() => db.close());
    if (asked.count) {
      const counts = await countByKey(db, encryptedColumns(await loadSchemas()));
      print(`Encrypted values: ${describeCounts(counts)}.`);
      return [...counts.keys()].every((id) => id === keys.encryption[0]?.id) ? 0 : 1;
    }
    if (!asked.lookup) return (await rotateEncryption(db, keys, print)) ? 0 : 1;
    const client = await connectDirect(databaseUrl);
    open.defer(() => client.end().catch(() => undefined));
    return (await changeLookupKey({ db, client, keys, now }, print)) ? 0 : 1;
  } catch (error) {
    const inner = innermost(error);
    complain(`${inner instanceof Error ? inner.message : inner}\nWhat was done so far stays, and is not done again: run it once more.`);
    return 1;
  }
}

if (import.meta.main)
  process.exitCode = await runRotateKeys(process.argv.slice(2), environment(), { print: console.log, complain: console.error });
