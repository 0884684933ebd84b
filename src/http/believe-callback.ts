import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '@netlify/functions';
import { type CallbackKind, subjectOfToken } from '#ground/callback-tokens/callback-token.ts';
import type { Core } from '#mpesa/wiring/app.ts';

/*
 * How a callback is believed. Safaricom signs nothing, so the door asks three things before anything is stored: that the path holds the secret which we made for one
 * subject (a prompt, a payout), that the address is on the list where one is enforced, and that the signature is right where a gateway in front signs.
 *
 * Whoever passes may still say what is not so. The words are judged where they are settled: mpesa/payments/judge-stk.sql for prompts (is it this prompt, its amount, its
 * phone, a receipt that is not another's?), mpesa/payouts/settle-withdrawal.sql for payouts, mpesa/payments/settle-c2b.sql for notices.
 */

/** The subject that a callback is about, if its secret is right and its address allowed. Costs no database work. */
export function believedSubject(core: Core, kind: CallbackKind, { params, ip }: Pick<Context, 'params' | 'ip'>): string | undefined {
  const subjectId = subjectOfToken(core.config.callback.tokenKeys, kind, params.token ?? '');
  return subjectId && addressAllowed(core, ip) ? subjectId : undefined;
}

function addressAllowed({ config, log }: Core, address: string): boolean {
  const { addressMode, addresses } = config.callback;
  if (addressMode === 'off' || addresses.includes(address)) return true;
  log.warn('callback_from_unlisted_address', { address, mode: addressMode });
  return addressMode === 'signal';
}

/** Whether the signature is right: base64 HMAC-SHA256 of the raw body in a configured header. True where no gateway in front signs. */
export function signatureAllowed({ config, log }: Core, request: Request, body: string): boolean {
  const { hmacSecret, hmacHeader } = config.callback;
  if (hmacSecret === undefined) return true;
  const expected = createHmac('sha256', hmacSecret).update(body).digest();
  const given = Buffer.from(request.headers.get(hmacHeader) ?? '', 'base64');
  const valid = given.length === expected.length && timingSafeEqual(given, expected);
  if (!valid) log.warn('callback_signature_wrong', { header: hmacHeader });
  return valid;
}
