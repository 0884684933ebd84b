import type { KeyObject } from 'node:crypto';
import type pg from 'pg';
import { findOtherKeys } from '#desk/health/find-other-keys.ts';
import { type KeyRing, lookupProof } from '#ground/db/encryption.ts';
import { layLookupKey, topKey } from '#ground/db/lay-lookup-key.ts';
import type { Db } from '#ground/db/types.ts';

/** Lays the first of the look-up keys over all hashes, after the others have proved that they made them. Returns whether it is laid, now or before. */
export async function changeLookupKey(
  { db, client, keys, now }: { db: Db; client: pg.Client; keys: KeyRing; now: Date },
  print: (text: string) => void,
): Promise<boolean> {
  const proof = lookupProof(keys);
  const top = await topKey(client);
  if (proof.layers === top.layers && (top.fingerprint === undefined || top.fingerprint === proof.fingerprint)) {
    print(
      `The hashes are made with ${top.layers === 1 ? 'one look-up key' : `${top.layers} look-up keys`}, as many as LOOKUP_KEY has. For another, put it in front: LOOKUP_KEY=<new>,<old>.`,
    );
    return top.layers > 1;
  }
  const below: KeyRing = { ...keys, lookup: keys.lookup.slice(1) };
  const fits = top.fingerprint === undefined || (below.lookup.length > 0 && lookupProof(below).fingerprint === top.fingerprint);
  if (proof.layers !== top.layers + 1 || !fits || (await findOtherKeys(db, below)).other) {
    print(
      `LOOKUP_KEY has to be the new key, a comma, and the ${top.layers === 1 ? 'one' : top.layers} that made the hashes, unchanged and in order. Nothing was changed.`,
    );
    return false;
  }
  const hashes = await layLookupKey(client, { key: keys.lookup[0] as KeyObject, proof, now }, (column) => print(`${column} ...`));
  print(`${hashes.toLocaleString('en')} hashes are made with ${proof.layers} look-up keys now.`);
  print(
    'Deploy the site with this LOOKUP_KEY at once: until then it refuses everything, and keeps what Safaricom tells it. Both keys stay, for good.',
  );
  return true;
}
