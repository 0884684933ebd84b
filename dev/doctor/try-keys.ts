import { findOtherKeys } from '#desk/health/find-other-keys.ts';
import { ConfigError, dataAccess } from '#ground/config/config.ts';
import { countByKey, encryptedColumns } from '#ground/db/encrypted-columns.ts';
import type { KeyRing } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { describeCounts } from '../keys/describe-counts.ts';
import { loadSchemas } from '../keys/load-schemas.ts';
import { type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('kept data');

/** Whether what is kept in the database can be read and found with the keys that are given. Finds nothing when no keys are given or no data is kept. */
export async function tryKeys(db: Db, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const keys = readKeys(environment);
  if (!keys) return [];
  const { rows, other } = await findOtherKeys(db, keys);
  if (other)
    return [
      fail(
        `${other} is not the one this database was filled with: personal data in it cannot be ${other === 'LOOKUP_KEY' ? 'found' : 'read'}.`,
        `Set the ${other} of the site; old keys stay behind the new one.${other === 'LOOKUP_KEY' ? ' A new one is laid over them by `npm run rotate-keys -- --lookup`.' : ''}`,
      ),
    ];
  return rows === 0 ? [] : [ok('What is kept in the database can be read and found with these keys.'), ...(await countKeys(db, keys))];
}

/** What still needs which key: an earlier one can go when nothing is under it. */
async function countKeys(db: Db, { encryption }: KeyRing): Promise<Finding[]> {
  const current = encryption[0]?.id ?? '';
  const counts = await countByKey(db, encryptedColumns(await loadSchemas())).catch(() => undefined);
  if (!counts) return [warn('There are too many values to count here by their key.', 'npm run rotate-keys -- --count')];
  const says = `Encrypted values by key: ${describeCounts(counts)}.`;
  if ([...counts.keys()].some((id) => id !== current))
    return [warn(says, `\`npm run rotate-keys\` encrypts all of them under ${current}; then the earlier keys can leave ENCRYPTION_KEYS.`)];
  const idle = encryption.slice(1).map(({ id }) => id);
  return [
    ok(idle.length > 0 ? `${says} Nothing in the database needs ${idle.join(', ')}: see when they can go in docs/operations.md.` : says),
  ];
}

function readKeys(environment: NodeJS.ProcessEnv): KeyRing | undefined {
  try {
    return dataAccess(environment).keys;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
