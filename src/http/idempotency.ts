import { lookupHash } from '#ground/db/encryption.ts';
import { AppError } from '#ground/errors.ts';
import type { IdempotencyKey } from '#ground/idempotency/claim-key.ts';

const KEY = /^[\x21-\x7e]{8,255}$/;

/** Reads the Idempotency-Key header of a request, if it has one, with a keyed hash of what was asked. Throws `invalid_idempotency_key`. */
export function idempotencyKey(request: Request, scope: string, body: string): IdempotencyKey | undefined {
  const header = request.headers.get('idempotency-key');
  if (header === null) return undefined;
  const key = header.replace(/^"(.*)"$/, '$1');
  if (!KEY.test(key))
    throw new AppError(
      'invalid_idempotency_key',
      'An Idempotency-Key is 8 to 255 visible ASCII characters: a new UUID per request is best.',
    );
  return { scope, key, fingerprint: lookupHash(`${request.method} ${new URL(request.url).pathname}\n${body}`) };
}
