import { findOtherKeys } from '#desk/health/find-other-keys.ts';
import { ConfigError, dataAccess } from '#ground/config/config.ts';
import type { KeyRing } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { type Finding, findings } from './finding.ts';

const { ok, fail } = findings('kept data');

/** Whether what is kept in the database can be read and found with the keys that are given. Finds nothing when no keys are given or no data is kept. */
export async function tryKeys(db: Db, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const keys = readKeys(environment);
  if (!keys) return [];
  const { rows, other } = await findOtherKeys(db, keys);
  if (other)
    return [
      fail(
        `${other} is not the one this database was filled with: personal data in it cannot be ${other === 'LOOKUP_KEY' ? 'found' : 'read'}.`,
        `Set the ${other} of the site; ${other === 'LOOKUP_KEY' ? 'it never changes' : 'old keys stay behind the new one'}.`,
      ),
    ];
  return rows === 0 ? [] : [ok('What is kept in the database can be read and found with these keys.')];
}

function readKeys(environment: NodeJS.ProcessEnv): KeyRing | undefined {
  try {
    return dataAccess(environment).keys;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
