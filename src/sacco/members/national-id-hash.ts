import { lookupHash } from '#ground/db/encryption.ts';

/** What a national id is found by: a keyed hash, of its own kind so that a phone with the same digits has another one. */
export const nationalIdHash = (nationalId: string): string => lookupHash(`national-id:${nationalId}`);
