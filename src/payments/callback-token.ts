import { createHmac, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 16;
const MAC_BYTES = 16; // 128 bit
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

const mac = (key: Buffer, id: Buffer): Buffer =>
  createHmac('sha256', key).update('stk-callback').update(id).digest().subarray(0, MAC_BYTES);

/** The secret path segment of one attempt's callback address: base64url(attempt id + 128-bit HMAC), made with the first key. */
export function makeCallbackToken(keys: Buffer[], attemptId: string): string {
  const id = Buffer.from(attemptId.replaceAll('-', ''), 'hex');
  const [key] = keys;
  if (!key || id.length !== ID_BYTES) throw new Error('A callback token needs a key and a UUID.');
  return Buffer.concat([id, mac(key, id)]).toString('base64url');
}

/** The attempt a token was made for, or nothing. Takes the same time for every wrong token of the right length; old keys still verify late callbacks. */
export function attemptOfToken(keys: Buffer[], token: string): string | undefined {
  if (!TOKEN.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.toString('base64url') !== token) return undefined; // one written form only
  const id = bytes.subarray(0, ID_BYTES);
  const given = bytes.subarray(ID_BYTES);
  let valid = false;
  for (const key of keys) valid = timingSafeEqual(mac(key, id), given) || valid;
  return valid ? id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : undefined;
}
