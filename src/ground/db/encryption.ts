import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto';

/**
 * The keys of personal data. The first of `encryption` encrypts, all of them decrypt. `lookup` makes the searchable hashes: the last is the first that there was,
 * each before it was laid over what those behind it make.
 */
export type KeyRing = { encryption: { id: string; key: KeyObject }[]; lookup: KeyObject[] };

let ring: KeyRing | undefined;

/** Gives the column types their keys. Called once when the application is wired. */
export function installKeys(keys: KeyRing): void {
  ring = keys;
}

function keys(): KeyRing {
  if (!ring)
    throw new Error('No encryption keys are installed: wire the application (src/app.ts) before reading or writing personal data.');
  return ring;
}

/** Encrypts with AES-256-GCM under the current key, bound to `context` (the column's name). The result names its key: `v1.<key id>.<nonce>.<ciphertext and tag>`. */
export function encrypt(plain: string, context: string): string {
  const current = keys().encryption[0];
  if (!current) throw new Error('The encryption key ring is empty.');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `v1.${current.id}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
}

/** Reverses `encrypt`. Throws when the key is not in the ring, the value was altered, or it belongs to another column. */
export const decrypt = (value: string, context: string): string => decryptWith(keys(), value, context);

function decryptWith(ring: KeyRing, value: string, context: string): string {
  const [version, keyId, nonce, sealed] = value.split('.');
  const known = ring.encryption.find((candidate) => candidate.id === keyId);
  if (version !== 'v1' || !known || !nonce || !sealed)
    throw new Error(`A value of ${context} is encrypted under a key that is not in ENCRYPTION_KEYS.`);
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', known.key, Buffer.from(nonce, 'base64url')).setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
}

/** A keyed hash for equality look-ups on encrypted columns; equal plain texts give equal hashes. */
export const lookupHash = (plain: string): string => hashWith(keys(), plain);

/** Whether a hash is of this text: as all look-up keys make it or, where it was kept outside the columns that a new key is laid over, as those of before did. */
export const isHashOf = (hash: string, plain: string): boolean => {
  const ring = keys();
  return ring.lookup.some((_, at) => hashWith({ ...ring, lookup: ring.lookup.slice(at) }, plain) === hash);
};

const hashWith = (ring: KeyRing, plain: string): string =>
  ring.lookup.reduceRight((hash, key, at) => layOver(key, ring.lookup.length - at, hash), plain);

/** What a look-up key makes of a text or, as the second, third ... key, of what the keys before it made: `2.<hash>`. Nobody needs the text for that. */
export const layOver = (key: KeyObject, layer: number, below: string): string =>
  `${layer === 1 ? '' : `${layer}.`}${createHmac('sha256', key).update(below).digest('base64url')}`;

/** What the look-up keys of a site show to the database, which lets in only those that its hashes were made with. */
export const lookupProof = ({ lookup }: Pick<KeyRing, 'lookup'>): LookupProof => ({
  layers: lookup.length,
  fingerprint: createHmac('sha256', lookup[0] as KeyObject)
    .update('malipo look-up key')
    .digest('base64url')
    .slice(0, 16),
});

export type LookupProof = { layers: number; fingerprint: string };

/** Checks keys, by default the installed ones, against a stored value and its hash; names the variable that does not fit. */
export function judgeKeys(
  kept: { value: string; hash: string; context: string },
  given?: KeyRing,
): 'fits' | 'ENCRYPTION_KEYS' | 'LOOKUP_KEY' {
  const ring = given ?? keys();
  let plain: string;
  try {
    plain = decryptWith(ring, kept.value, kept.context);
  } catch {
    return 'ENCRYPTION_KEYS';
  }
  return hashWith(ring, plain) === kept.hash ? 'fits' : 'LOOKUP_KEY';
}
