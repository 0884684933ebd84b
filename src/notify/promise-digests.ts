import { type SQL, sql } from 'drizzle-orm';
import { addDays, type Day, nairobiDay, nairobiMoment } from '../time/nairobi.ts';

const MORNING = 8;
const EVENING = 20;

/** The first 08:00 in Nairobi from a moment on, and its day: when what happened in the night is told. */
export function nextMorning(now: Date): { on: Day; dueAt: Date } {
  const today = nairobiDay(now);
  const on = now <= nairobiMoment(today, MORNING) ? today : addDays(today, 1);
  return { on, dueAt: nairobiMoment(on, MORNING) };
}

/** When the digest of a day can be told: at 08:00, or at once when it is later; nothing from 20:00 on, for the next morning is another day. */
export function duringDay(on: Day, now: Date): Date | undefined {
  const morning = nairobiMoment(on, MORNING);
  if (now >= nairobiMoment(on, EVENING)) return undefined;
  return now > morning ? now : morning;
}

/**
 * A statement's part that promises the digest of a day to the members that `from` yields as `member_id`: one per member and channel, whoever promises it and how often.
 * Only phones that were verified are written to, and nobody who has opted out.
 */
export const promiseDigestsSql = ({ from, on, dueAt }: { from: SQL; on: Day; dueAt: Date }): SQL => sql`
  insert into outbox (id, dedupe_key, message, urgency, due_at)
  select gen_random_uuid(), 'digest:' || m.id || ':' || ${on}::text || ':' || c.channel,
    jsonb_build_object('kind', 'digest', 'memberId', m.id, 'on', ${on}::text, 'channel', c.channel), 1, ${dueAt.toISOString()}::timestamptz
  from (select distinct member_id from ${from}) d join members m on m.id = d.member_id join people p on p.id = m.person_id
  cross join lateral (values ('sms', p.phone_verified_at is not null and m.sms_opt_out_at is null), ('email', p.email is not null and m.email_opt_out_at is null)) c (channel, reachable)
  where c.reachable and p.disabled_at is null
  on conflict (dedupe_key) do nothing`;
