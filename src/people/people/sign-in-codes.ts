import { type SQL, sql } from 'drizzle-orm';
import type { Config } from '#ground/config/config.ts';
import { daysBefore, deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { countDailySql, countShareSql } from '#ground/limits/count-daily.ts';
import { countSlidingSql, type SlidingLimit } from '#ground/limits/count-sliding.ts';
import { purgeEndedSessions } from '../auth/sign-out.ts';

/** The stored form of a code: a keyed hash, since a million codes are soon tried, bound to the phone it went to. */
export const codeHash = (phone: string, code: string): string => lookupHash(`sign-in-code:${phone}:${code}`);

/** How many tries a code allows on the network that it was requested from. */
export const MOST_TRIES = 5;

/**
 * The limit on tries of a phone's codes from other networks than they were requested from, in 24 hours over all networks: a phone changes between Wi-Fi and
 * mobile data. Each try is checked against one code, and uses up no try on the network that requested it.
 */
export const ELSEWHERE: SlidingLimit[] = [{ minutes: 24 * 60, most: 8 }];

/** From one network for one phone: three codes in ten minutes and ten a day. */
const HERE: SlidingLimit[] = [
  { minutes: 10, most: 3 },
  { minutes: 24 * 60, most: 10 },
];

const KNOWN_FOR_DAYS = 90;

/**
 * Counts a code against the limits of its phone and its network. Networks from which this phone has not signed in share `LIMIT_CODES_PER_PHONE_DAY`, and each gets half
 * of it at most, so that nobody's phone is flooded. They take nothing from a network from which the phone has signed in: that has limits of its own.
 *
 * How much somebody with any number of addresses can guess: 8 codes a day of 5 tries each, and 8 tries elsewhere, so 48 in a million a day and phone; before it was
 * 10 codes of 5 tries (50). Somebody on the owner's own network has 10 codes of 5 tries there besides.
 */
export function countCodeSql({
  phoneHash,
  network,
  limits,
  now,
}: {
  phoneHash: string;
  network: string;
  limits: Pick<Config['limits'], 'codesPerPhoneDay' | 'codesPerNetwork' | 'codesPerDay'>;
  now: Date;
}): SQL[] {
  const { codesPerPhoneDay: most, codesPerNetwork, codesPerDay } = limits;
  const isKnownHere = sql`exists (select from codes_sent k where k.phone_hash = ${phoneHash} and k.network_hash = ${network}
    and k.signed_in_at > ${instantSql(now)} - ${KNOWN_FOR_DAYS}::int * interval '1 day')`;
  const isNew = sql`not ${isKnownHere}`;
  const aDay = (share: number): SlidingLimit[] => [{ minutes: 24 * 60, most: Math.ceil(most * share) }];
  return [
    countSlidingSql(`code:${phoneHash}:${network}`, HERE, 'too_many_codes', now),
    countSlidingSql(`code:${phoneHash}:${network}:new`, aDay(1 / 2), 'too_many_codes', now, isNew),
    countSlidingSql(`code:${phoneHash}`, aDay(1), 'too_many_codes', now, isNew),
    countSlidingSql(`code-address:${network}`, codesPerNetwork, 'too_many_requests', now, isNew),
    countShareSql('codes', network, { most: codesPerDay, now, counts: isNew }),
    countDailySql('codes', {
      most: codesPerDay,
      known: sql`${isKnownHere} or exists (select from people known where known.phone_hash = ${phoneHash})`,
      now,
    }),
  ];
}

/** Ends the codes of a phone that went by e-mail, since its e-mail is another now. */
export const forgetMailedCodesSql = (phoneHash: string, now: Date): SQL => sql`
  update codes_sent set expires_at = ${instantSql(now)}
  where phone_hash = ${phoneHash} and channel = 'email' and used_at is null and expires_at > ${instantSql(now)}`;

/** Deletes expired codes, the records of signed-out sessions that would have expired, and, after RETAIN_SIGN_INS_DAYS, from which network a phone signed in. */
export async function purgeSignIns(app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const at = instantSql(app.clock.now());
  const before = daysBefore(app.clock.now(), app.config.retain.signInsDays);
  const known = sql`signed_in_at < ${instantSql(before)}`;
  const codes = await deleteInChunks(
    app,
    deadline,
    { kind: 'sign_ins', before },
    (most) => sql`
    delete from codes_sent where (phone_hash, network_hash) in (
      select phone_hash, network_hash from codes_sent where expires_at < ${at} and signed_in_at is null
      union all select phone_hash, network_hash from codes_sent where expires_at < ${at} and ${known} limit ${most})`,
  );
  return codes + (await purgeEndedSessions(app, deadline));
}
