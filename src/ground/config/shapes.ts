import { createSecretKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';

/** A comma- or semicolon-separated list. */
export const list = z.string().transform((text) =>
  text
    .split(/[,;\n]/)
    .map((entry) => entry.trim())
    .filter(Boolean),
);

/** Text that is not only white space. */
export const filled = z.string().regex(/\S/, 'is empty');

/** A key or password from elsewhere: white space inside it is a copying mistake. */
export const secret = z.string().regex(/^\S+$/, 'contains white space: copy it again');

/** A comma- or semicolon-separated list of origins, exactly as a browser names them. */
export const origins = list.superRefine((entries, context) => {
  const at = entries.findIndex((entry) => !URL.canParse(entry) || new URL(entry).origin !== entry);
  if (at >= 0)
    context.addIssue({
      code: 'custom',
      message: `names no origin in its entry ${at + 1}: write https://shop.example, in lower case, without a path and without a slash at the end`,
    });
});

/** An e-mail address. */
export const email = z.email({ error: 'is not an e-mail address' });

/** A connection string that parses as a URL: later errors about one that does not would quote it, password included. */
export const databaseAddress = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), 'is not a postgres:// connection string');

/** An http(s) address. */
export const url = z.url({ protocol: /^https?$/, error: 'is not an http(s) address' });

/** A paybill, store or till number as Safaricom gives it. */
export const shortcode = z.string().regex(/^\d{5,7}$/, 'has 5 to 7 digits');

/** A comma- or semicolon-separated list of short codes. */
export const shortcodes = list.superRefine((entries, context) => {
  const at = entries.findIndex((entry) => !shortcode.safeParse(entry).success);
  if (at >= 0) context.addIssue({ code: 'custom', message: `names no short code in its entry ${at + 1}: each has 5 to 7 digits` });
});

/** A whole number between two bounds. */
export const decimal = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `is a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `is a whole number from ${min} to ${max}`);

const KEY_HINT = 'is not made of 32-byte base64 keys: `npm run keys` makes good ones';

const BASE64_KEY = /^[A-Za-z0-9+/_-]{43}=?$/; // 32 bytes; the decoder would skip what is not base64

/** A key in the form that node:crypto uses fastest: plain bytes would cost a caught exception at each use. */
const key = (text: string): KeyObject | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return BASE64_KEY.test(text) && bytes.length === 32 ? createSecretKey(bytes) : undefined;
};

/** One or more 32-byte keys in base64, separated by commas; the first one signs, all of them verify. */
export const base64Keys = list.transform((texts, context) => {
  const keys = texts.flatMap((text) => key(text) ?? []);
  if (keys.length === texts.length && keys.length > 0) return keys;
  context.addIssue({ code: 'custom', message: KEY_HINT });
  return z.NEVER;
});

/** Exactly one 32-byte key in base64. */
export const oneKey = z.string().transform((text, context) => {
  const bytes = key(text);
  if (bytes) return bytes;
  context.addIssue({ code: 'custom', message: 'is not one 32-byte base64 key: `npm run keys` makes a good one' });
  return z.NEVER;
});

/** A ring of encryption keys, `id:base64,id:base64`; the first one encrypts, all of them decrypt. */
export const keyRing = list.transform((texts, context) => {
  const keys = texts.flatMap((text) => {
    const [id, encoded] = text.split(':');
    const bytes = key(encoded ?? '');
    return id && /^\w{1,16}$/.test(id) && bytes ? [{ id, key: bytes }] : [];
  });
  if (keys.length === texts.length && keys.length > 0) return keys;
  context.addIssue({ code: 'custom', message: `${KEY_HINT}, each with an id in front (k1:...)` });
  return z.NEVER;
});
