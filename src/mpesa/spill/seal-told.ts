import * as z from 'zod';
import { decrypt, encrypt, lookupHash } from '#ground/db/encryption.ts';

const CONTEXT = 'spill';

const Sealed = z.object({
  way: z.string(),
  subjectId: z.uuid(),
  body: z.string(),
  arrivedAt: z.iso.datetime().transform((at) => new Date(at)),
});

/** A callback of Safaricom's, word for word. `way` is the address it came to without its secret (`stk`, `b2c-result`), `subjectId` what that secret was made for. */
export type Told = z.output<typeof Sealed>;

/** Which callback it is: the same words at the same address are the same callback. */
export const hashOf = ({ way, subjectId, body }: Omit<Told, 'arrivedAt'>): string => lookupHash(`${way}:${subjectId}\n${body}`);

/** Encrypts a callback under the current key. */
export const sealTold = (told: Told): string => encrypt(JSON.stringify(told), CONTEXT);

/** Decrypts what `sealTold` wrote; undefined when the key is gone or the text was altered. */
export function openTold(sealed: string): Told | undefined {
  try {
    return Sealed.parse(JSON.parse(decrypt(sealed, CONTEXT)));
  } catch {
    return undefined;
  }
}
