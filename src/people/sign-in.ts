import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { recordSql } from '../audit/record.ts';
import { ROLES, rightsOf } from '../auth/rights.ts';
import { makeSession } from '../auth/session.ts';
import { sessionCookie } from '../auth/session-cookie.ts';
import type { Call, Reply } from '../call.ts';
import { lookupHash } from '../db/encryption.ts';
import { refusalOf } from '../db/errors.ts';
import { AppError } from '../errors.ts';
import { countSlidingSql, type SlidingLimit } from '../limits/count-sliding.ts';
import { maskPhone } from '../payments/mask-phone.ts';
import { PhoneNumber } from '../payments/phone.ts';
import { codeHash } from './code-hash.ts';

const MOST_TRIES = 5;

/** Per client address: sixty tries an hour, whatever the phones. */
const ADDRESS_LIMITS: SlidingLimit[] = [{ minutes: 60, most: 60 }];

/** A phone and the code that was sent to it, as people type it. */
export const SignInInput = z.strictObject({
  phoneNumber: PhoneNumber,
  code: z
    .string()
    .max(20)
    .transform((typed) => typed.replace(/[\s-]/g, ''))
    .pipe(z.string().regex(/^\d{6}$/, 'The code has six digits.')),
});

const Entered = z.object({ role: z.enum(ROLES).nullable(), disabled: z.boolean() });

/**
 * Makes a session for whoever knows the code of a phone; one round trip. Each try is counted before it is judged, five per code however many come at once; a code works once.
 * Throws `code_refused` in the same words for every reason, `too_many_requests` per client address.
 */
export async function signIn(app: App, { phoneNumber, code }: z.output<typeof SignInInput>, call: Call): Promise<Reply> {
  const { db, clock, config } = app;
  const now = clock.now();
  const phoneHash = lookupHash(phoneNumber);
  const results = await db
    .batch([
      db.execute(countSlidingSql(`sign-in-address:${lookupHash(call.address)}`, ADDRESS_LIMITS, 'too_many_requests', now)),
      db.execute(enterSql({ phoneHash, hash: codeHash(phoneNumber, code), bySms: config.sms.provider !== 'none', now })),
    ])
    .catch((error: unknown) => {
      if (refusalOf(error)?.code !== 'too_many_requests') throw error;
      throw new AppError('too_many_requests', 'Too many codes were tried from your network. Try again in an hour.');
    });
  const entered = Entered.optional().parse(results.at(-1)?.rows[0]);
  if (!entered || entered.disabled)
    throw new AppError('code_refused', 'The code is wrong, was used, or has ended. Ask for a new one after five tries or ten minutes.');
  const role = entered.role ?? 'public';
  const key = { secret: config.sessionSecret, site: config.site.url };
  const { token, endsAt, maskedPhone } = await makeSession(key, { phoneHash, maskedPhone: maskPhone(phoneNumber) }, now);
  const cookie = sessionCookie(config.site.url, token, Math.floor((endsAt.getTime() - now.getTime()) / 1000));
  const json = { token, endsAt: endsAt.toISOString(), role, maskedPhone, rights: rightsOf(role) };
  return { json, headers: { 'set-cookie': cookie } };
}

/**
 * Counts a try and yields a row if the code was right; a person's entry goes into the audit trail. His phone is verified by the first code that came by SMS: one that
 * came by e-mail says nothing of it.
 */
function enterSql({ phoneHash, hash, bySms, now }: { phoneHash: string; hash: string; bySms: boolean; now: Date }): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  return sql`
  with tried as (
    update sign_in_codes set tries = tries + 1, used_at = case when code_hash = ${hash} then ${at} end
    where phone_hash = ${phoneHash} and used_at is null and tries < ${MOST_TRIES}::int and expires_at > ${at}
    returning used_at is not null as correct
  ), entered as (
    select p.id, p.role, p.disabled_at is not null as disabled from tried left join people p on p.phone_hash = ${phoneHash} where tried.correct
  ), verified as (
    update people p set phone_verified_at = ${at} from entered e where p.id = e.id and not e.disabled and p.phone_verified_at is null and ${bySms}::boolean
  ), noted as (
    ${recordSql({ actor: 'sign-in', action: 'signed_in', subject: sql`id::text`, before: sql`null::jsonb`, after: sql`null::jsonb`, happenedAt: now, from: sql`entered where id is not null and not disabled` })}
  )
  select role, disabled from entered`;
}
