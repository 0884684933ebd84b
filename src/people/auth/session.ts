import type { KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { newId } from '#ground/db/columns.ts';

const HOURS = 12;
const ISSUER = 'malipo';

/** The signing key, and the site that sessions are for: a session of another site that shares the key is not accepted. */
export type SessionKey = { secret: KeyObject; site: string };

/** What a session proves: that somebody held the phone with this hash. What they may do is looked up with each request. */
export type Session = { id: string; phoneHash: string; maskedPhone: string; endsAt: Date };

/** When a session began. */
export const startOf = ({ endsAt }: Pick<Session, 'endsAt'>): Date => new Date(endsAt.getTime() - HOURS * 3_600_000);

const Claims = z.object({ jti: z.uuid(), sub: z.string().min(20), phone: z.string(), exp: z.number() });

/** Makes a session of 12 hours: a JWT (HS256) that holds no phone number. */
export async function makeSession(
  { secret, site }: SessionKey,
  { phoneHash, maskedPhone }: Pick<Session, 'phoneHash' | 'maskedPhone'>,
  now: Date,
): Promise<Session & { token: string }> {
  const id = newId();
  const startsAt = Math.floor(now.getTime() / 1000);
  const endsAt = startsAt + HOURS * 3600;
  const token = await new SignJWT({ phone: maskedPhone })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(site)
    .setSubject(phoneHash)
    .setJti(id)
    .setIssuedAt(startsAt)
    .setExpirationTime(endsAt)
    .sign(secret);
  return { id, phoneHash, maskedPhone, endsAt: new Date(endsAt * 1000), token };
}

/** The session that a token is for; nothing when it was altered, has ended, or is for another site. */
export async function readSession({ secret, site }: SessionKey, token: string, now: Date): Promise<Session | undefined> {
  const options = { algorithms: ['HS256'], issuer: ISSUER, audience: site, currentDate: now };
  const verified = await jwtVerify(token, secret, options).catch(() => undefined);
  const claims = Claims.safeParse(verified?.payload).data;
  return claims && { id: claims.jti, phoneHash: claims.sub, maskedPhone: claims.phone, endsAt: new Date(claims.exp * 1000) };
}
