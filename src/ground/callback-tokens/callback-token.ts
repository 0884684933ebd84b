import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 16;
const MAC_BYTES = 16; // 128 bit
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** What a callback is about; a token of one kind is not valid for another. */
export type CallbackKind =
  | 'stk'
  | 'c2b'
  | 'deposit-status'
  | 'b2c'
  | 'withdrawal-status'
  | 'reversal'
  | 'transaction-status'
  | 'account-balance'
  | 'runs' // our own call, to finish runs
  | `messages-${string}`; // the link with which a customer stops messages: by channel and address (its keyed hash), about a payment

const mac = (key: KeyObject, kind: CallbackKind, id: Buffer): Buffer =>
  createHmac('sha256', key).update(`${kind}:`).update(id).digest().subarray(0, MAC_BYTES);

/** The secret path segment of a callback address made for one subject (attempt, withdrawal ...): base64url(id + 128-bit HMAC), made with the first key. */
export function makeCallbackToken(keys: KeyObject[], kind: CallbackKind, subjectId: string): string {
  const id = Buffer.from(subjectId.replaceAll('-', ''), 'hex');
  const [key] = keys;
  if (!key || id.length !== ID_BYTES) throw new Error('A callback token needs a key and a UUID.');
  return Buffer.concat([id, mac(key, kind, id)]).toString('base64url');
}

/** The subject that a token says it was made for: nobody has proved it yet. Undefined for what is no token. */
export const claimedSubject = (token: string): string | undefined =>
  TOKEN.test(token) ? uuidOf(Buffer.from(token, 'base64url').subarray(0, ID_BYTES)) : undefined;

const uuidOf = (id: Buffer): string => id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/**
 * The subject that a token of this kind was made for, or undefined. Takes the same time for every wrong token of the right length; old keys
 * still verify late callbacks.
 */
export function subjectOfToken(keys: KeyObject[], kind: CallbackKind, token: string): string | undefined {
  if (!TOKEN.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.toString('base64url') !== token) return undefined; // one spelling only
  const id = bytes.subarray(0, ID_BYTES);
  const given = bytes.subarray(ID_BYTES);
  let valid = false;
  for (const key of keys) valid = timingSafeEqual(mac(key, kind, id), given) || valid;
  return valid ? uuidOf(id) : undefined;
}
