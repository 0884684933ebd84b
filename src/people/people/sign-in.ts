import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { OpenCall } from '#ground/call.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { instantSql, rowsOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { countSlidingSql, giveBackSql, slideSql } from '#ground/limits/count-sliding.ts';
import { networkHash } from '#ground/limits/network.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { ROLES, rightsOf } from '../auth/rights.ts';
import { makeSession, type Session } from '../auth/session.ts';
import { sessionCookie } from '../auth/session-cookie.ts';
import { keepSessionSql } from '../auth/sessions.ts';
import { codeHash, ELSEWHERE, MOST_TRIES } from './sign-in-codes.ts';

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
 * Makes a session for whoever knows the code of a phone; one round trip. Each try is counted before it is judged, five per code however many come at once; a
 * code works once. A try from another network uses up no try on the network that requested the code. Throws `code_refused`, in the same words for every reason,
 * and `too_many_requests` per network, which counts only wrong tries, as many people share a network.
 */
export async function signIn(app: Ground, { phoneNumber, code }: z.output<typeof SignInInput>, call: OpenCall) {
  const { db, clock, config } = app;
  const now = clock.now();
  const phoneHash = lookupHash(phoneNumber);
  const network = networkHash(call.address);
  const tries = `sign-in-address:${network}`;
  const key = { secret: config.sessionSecret, site: config.site.url };
  const session = await makeSession(key, { phoneHash, maskedPhone: maskPhone(phoneNumber) }, now);
  const results = await db
    .batch([
      db.execute(countSlidingSql(tries, config.limits.wrongCodesPerNetwork, 'too_many_requests', now)),
      db.execute(enterSql({ session, network, hash: codeHash(phoneNumber, code), tries, now })),
    ])
    .catch((error: unknown) => {
      if (refusalOf(error)?.code !== 'too_many_requests') throw error;
      throw new AppError('too_many_requests', 'Too many codes were tried from your network. Try again in an hour.');
    });
  const [entered] = rowsOf(Entered, results.at(-1)?.rows);
  if (!entered || entered.disabled)
    throw new AppError('code_refused', 'The code is wrong, was used, or has expired. Ask for a new one after five tries or ten minutes.');
  const role = entered.role ?? 'public';
  const { token, endsAt, maskedPhone } = session;
  call.setCookie(sessionCookie(config.site.url, token, Math.floor((endsAt.getTime() - now.getTime()) / 1000)));
  return { token, endsAt: endsAt.toISOString(), role, maskedPhone, rights: rightsOf(role) };
}

/**
 * Counts a try and yields a row if the code was right; then the network's count is given back, the session is listed, and a person's sign-in goes into the audit trail. Their phone is
 * verified by the first right code that came by SMS: one that came by e-mail proves nothing about it. A try from another network is checked against one code:
 * that of the network from which the phone signed in last, else the newest.
 */
function enterSql(entry: { session: Session; network: string; hash: string; tries: string; now: Date }): SQL {
  const { session, network, hash, tries, now } = entry;
  const { phoneHash } = session;
  const at = instantSql(now);
  const isAlive = sql`phone_hash = ${phoneHash} and used_at is null and tries < ${MOST_TRIES}::int and expires_at > ${at}`;
  return sql`
  with here as (
    update codes_sent set tries = tries + 1, used_at = case when code_hash = ${hash} then ${at} end,
      signed_in_at = case when code_hash = ${hash} then ${at} else signed_in_at end
    where network_hash = ${network} and ${isAlive}
    returning channel, used_at is not null as correct
  ), there as (
    select id from codes_sent where network_hash <> ${network} and ${isAlive} and not exists (select from here where correct)
    order by signed_in_at desc nulls last, expires_at desc limit 1 for update
  ), counted as (
    ${slideSql(`elsewhere:${phoneHash}`, ELSEWHERE, now, sql`exists (select from there)`)}
  ), elsewhere as (
    update codes_sent c set used_at = ${at} from there where c.id = there.id and c.code_hash = ${hash} and exists (select from counted)
    returning c.channel
  ), correct as (
    select channel from here where correct union all select channel from elsewhere
  ), given_back as (
    ${giveBackSql(tries, sql`exists (select from correct)`)}
  ), entered as (
    select p.id, p.role, p.disabled_at is not null as disabled, c.channel from correct c left join people p on p.phone_hash = ${phoneHash}
  ), verified as (
    update people p set phone_verified_at = ${at} from entered e where p.id = e.id and not e.disabled and p.phone_verified_at is null and e.channel = 'sms'
  ), begun as (
    ${keepSessionSql(session, now, sql`entered where not disabled`)}
  ), noted as (
    ${recordSql({ actor: 'sign-in', action: 'signed_in', subject: sql`id::text`, happenedAt: now, from: sql`entered where id is not null and not disabled` })}
  )
  select role, disabled from entered`;
}
