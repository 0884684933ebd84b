import { lookupHash } from '#ground/db/encryption.ts';

/** The stored form of a code: a keyed hash, since a million codes are soon tried, bound to the phone it went to. */
export const codeHash = (phone: string, code: string): string => lookupHash(`sign-in-code:${phone}:${code}`);
