import { countByKey, encryptedColumns } from '#ground/db/encrypted-columns.ts';
import { connectDirect } from './backup/connect-direct.ts';
import { keyedCommand, runKeyed } from './keyed-command.ts';
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

const flag = { type: 'boolean' } as const;

/** The command `npm run rotate-keys`; resolves to its exit code. */
export const runRotateKeys = keyedCommand(
  { usage: USAGE, options: { count: flag, lookup: flag }, failed: 'What was done so far stays, and is not done again: run it once more.' },
  async ({ count, lookup }, { open, defer, print, now }) => {
    const { db, keys, databaseUrl } = open();
    if (count) {
      const counts = await countByKey(db, encryptedColumns(await loadSchemas()));
      print(`Encrypted values: ${describeCounts(counts)}.`);
      return [...counts.keys()].every((id) => id === keys.encryption[0]?.id) ? 0 : 1;
    }
    if (!lookup) return (await rotateEncryption(db, keys, print)) ? 0 : 1;
    const client = await connectDirect(databaseUrl);
    defer(() => client.end().catch(() => undefined));
    return (await changeLookupKey({ db, client, keys, now }, print)) ? 0 : 1;
  },
);

if (import.meta.main) await runKeyed(runRotateKeys);
