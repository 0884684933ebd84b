import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { daysBefore, deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { countNoticeSql } from '#ground/limits/count-daily.ts';
import type { Message } from '#ground/outbox/message.ts';
import { addDays, type Day } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { tomorrowMorning } from './quiet-hours.ts';

export type Digest = Pick<Extract<Message, { kind: 'digest' }>, 'memberId' | 'on' | 'channel'>;

/** How far back to look for promised digests that could not be sent. */
const DAYS_BACK = 7;
const LOOK_AGAIN_MS = 10 * 60_000;

const Standing = z.object({
  covered: z.boolean(),
  lead: z.string().nullable(),
  said: z.boolean(),
  waiting: z.array(z.string()),
});

/** Whether to send a digest: now, covering these days; not at all, since another digest covered it; or not before a moment. */
export type Turn = { days: Day[] } | { told: true } | { notBefore: Date };

/**
 * Decides whether a digest may be sent today, and which days it covers: its own, today, and those of the last week that still wait. A
 * member gets one a day per channel, so the first of several waiting ones covers them all.
 */
export async function findTurn({ db }: Pick<App, 'db'>, { memberId, on, channel }: Digest, today: Day, now: Date): Promise<Turn> {
  const keys = Array.from({ length: DAYS_BACK }, (_, back) => `digest:${memberId}:${addDays(today, -back)}:${channel}`);
  const ofMember = sql`d.member_id = ${memberId}::uuid and d.channel = ${channel}`;
  const coveredSql = (day: SQL) => sql`exists (select from digests d where ${ofMember} and d.said_at is not null and ${day} = any(d.days))`;
  const [standing] = await readRows(
    db,
    Standing,
    sql`
    select ${coveredSql(sql`${on}::date`)} as covered, t.lead::text as lead, t.said_at is not null as said,
      array(select o.message ->> 'on' from outbox o where o.dedupe_key = any(${sql.param(keys)}::text[]) and o.sent_at is null and o.discarded_at is null
        and not ${coveredSql(sql`(o.message ->> 'on')::date`)}) as waiting
    from (select) as always left join digests t on t.member_id = ${memberId}::uuid and t.channel = ${channel} and t.told_on = ${today}::date`,
  );
  if (!standing || standing.covered) return { told: true };
  if (standing.said) return { notBefore: tomorrowMorning(now) };
  if (standing.lead !== null && standing.lead !== on) return { notBefore: new Date(now.getTime() + LOOK_AGAIN_MS) };
  return { days: [...new Set([...standing.waiting, on, today])].sort() };
}

/**
 * Claims the member's one digest of today on this channel and counts it towards their messages of the day, both or neither; claiming again
 * after a failure counts nothing. Returns when to try again if another digest has the claim or the day's messages are used up.
 */
export async function claimDigest(
  { db, config }: Pick<App, 'db' | 'config'>,
  { memberId, on, channel }: Digest,
  claim: { days: Day[]; today: Day; personId: string; id: string; now: Date },
): Promise<Date | undefined> {
  const { days, today, personId, id, now } = claim;
  const take = sql`
  with taken as (
    insert into digests as d (member_id, channel, told_on, lead, days)
    values (${memberId}::uuid, ${channel}, ${today}::date, ${on}::date, ${sql.param(days)}::date[])
    on conflict (member_id, channel, told_on) do update set days = excluded.days where d.lead = excluded.lead and d.said_at is null
    returning true
  )
  select case when exists (select from taken) then true else refuse('digest_taken') end`;
  const count = countNoticeSql(`${channel}:${personId}`, id, config.limits.noticesPerDay, now);
  try {
    await db.batch([db.execute(take), db.execute(count)]);
    return undefined;
  } catch (error) {
    const code = refusalOf(error)?.code;
    if (code === 'daily_cap') return tomorrowMorning(now);
    if (code === 'digest_taken') return new Date(now.getTime() + LOOK_AGAIN_MS);
    throw error;
  }
}

/** Deletes the record of what each day's digest said, RETAIN_MESSAGES_DAYS after it was sent. What was not sent stays. */
export function purgeDigests(app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const before = daysBefore(app.clock.now(), app.config.retain.messagesDays);
  return deleteInChunks(
    app,
    deadline,
    { kind: 'digests', before },
    (most) => sql`
    delete from digests where (member_id, channel, told_on) in (
      select member_id, channel, told_on from digests where said_at < ${instantSql(before)} order by said_at limit ${most})`,
  );
}
