import { lookupHash } from '#ground/db/encryption.ts';

/** The keyed hash by which a national id is found. Its prefix keeps it apart from the hash of a phone number with the same digits. */
export const nationalIdHash = (nationalId: string): string => lookupHash(`national-id:${nationalId}`);
