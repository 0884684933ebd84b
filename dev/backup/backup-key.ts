import { createSecretKey, hkdfSync, type KeyObject, randomBytes, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { oneKey } from '#ground/config/shapes.ts';

/** What a backup is locked with: a key of its own, or a passphrase. */
export type Lock = { kind: 'key'; key: KeyObject } | { kind: 'passphrase'; passphrase: string };

/** What the head of a file says of its lock, in clear. */
export const LockHead = z.object({ lock: z.enum(['key', 'passphrase']), salt: z.base64() });
export type LockHead = z.output<typeof LockHead>;

/** 128 MB and some tenths of a second for each guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 };
const SHORTEST = 16;

/** The lock that the command was given: a file with a passphrase, or the variable BACKUP_KEY. Throws what to do where there is neither. */
export function readLock(passphraseFile: string | undefined, { BACKUP_KEY }: NodeJS.ProcessEnv): Lock {
  if (passphraseFile !== undefined) {
    const passphrase = readFileSync(passphraseFile, 'utf8').trim();
    if (passphrase.length < SHORTEST) throw new Error(`The passphrase in ${passphraseFile} has fewer than ${SHORTEST} characters.`);
    return { kind: 'passphrase', passphrase };
  }
  if (!BACKUP_KEY?.trim())
    throw new Error('Set BACKUP_KEY (`npm run keys -- --backup` makes one), or name a file with a passphrase: --passphrase-file FILE.');
  const key = oneKey.safeParse(BACKUP_KEY.trim());
  if (!key.success) throw new Error('BACKUP_KEY is not one 32-byte base64 key: `npm run keys -- --backup` makes a good one.');
  return { kind: 'key', key: key.data };
}

/** A head for a new file: no two files are encrypted with the same key. */
export const newHead = (lock: Lock): LockHead => ({ lock: lock.kind, salt: randomBytes(32).toString('base64') });

/** The key of one file. Throws when the file was locked the other way. */
export function keyOf(lock: Lock, { lock: kind, salt: encoded }: LockHead): KeyObject {
  if (kind !== lock.kind)
    throw new Error(
      kind === 'key'
        ? 'This backup was made with BACKUP_KEY, not with a passphrase.'
        : 'This backup was made with a passphrase: --passphrase-file FILE.',
    );
  const salt = Buffer.from(encoded, 'base64');
  const bytes =
    lock.kind === 'key' ? hkdfSync('sha256', lock.key, salt, 'malipo backup', 32) : scryptSync(lock.passphrase, salt, 32, SCRYPT);
  return createSecretKey(Buffer.from(bytes as Uint8Array));
}
