import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import type { NoticeEvent } from '#ground/outbox/message.ts';
import { addDays, type Day, eveningOf, morningOf, nairobiDay } from '#ground/time/nairobi.ts';

/**
 * An event, its subject, and the member to notify, null where only treasurers are; `treasurers` are notified too where the organisation has
 * to know. `cause` distinguishes events that can happen to a subject again.
 */
export type Notice = { event: NoticeEvent; subjectId: string; cause?: string; memberId: string | null; treasurers: boolean; now: Date };

/**
 * Promises to notify the member, and the treasurers where asked, by SMS and e-mail: one message each, sent only if this transaction
 * commits, once per event, subject and cause. Only to verified phones, and to nobody who has opted out.
 */
export async function promiseNotice(tx: Tx, { event, subjectId, cause, memberId, treasurers, now }: Notice): Promise<void> {
  await tx.execute(
    sql`select promise_notice_2(${event}, ${subjectId}::uuid, ${cause ?? null}::text, ${memberId}::uuid, ${treasurers}::boolean, ${instantSql(now)})`,
  );
}

/** The first 08:00 in Nairobi from a moment on, and its day: when members are notified of the night's events. */
export function nextMorning(now: Date): { on: Day; dueAt: Date } {
  const today = nairobiDay(now);
  const on = now <= morningOf(today) ? today : addDays(today, 1);
  return { on, dueAt: morningOf(on) };
}

/** When a day's digest may be sent: at 08:00, or at once if it is later; undefined from 20:00 on. */
export function duringDay(on: Day, now: Date): Date | undefined {
  const morning = morningOf(on);
  if (now >= eveningOf(on)) return undefined;
  return now > morning ? now : morning;
}

/** The dedupe key of a member's digest for a day and channel. */
export const digestKeySql = (memberId: SQL, on: Day, channel: SQL): SQL =>
  sql`'digest:' || ${memberId} || ':' || ${on}::text || ':' || ${channel}`;

/**
 * An SQL fragment that promises a day's digest to the members that `from` yields as `member_id`: once per member and channel, however often
 * it is promised. Only to verified phones, and to nobody who has opted out.
 */
export function promiseDigestsSql({ from, on, dueAt }: { from: SQL; on: Day; dueAt: Date }): SQL {
  // Keys in member order keep index inserts local; `offset 0` makes the planner look members up one by one instead of reading them all.
  return enqueueSql({
    key: digestKeySql(sql`m.id`, on, sql`c.channel`),
    message: { kind: 'digest', memberId: sql`m.id`, on, channel: sql`c.channel` },
    dueAt,
    urgency: 1,
    from: sql`(select distinct member_id from ${from} order by member_id) d
  cross join lateral (select id, person_id, sms_opt_out_at, email_opt_out_at from members where id = d.member_id offset 0) m
  cross join lateral (select phone_verified_at, email from people where id = m.person_id and disabled_at is null offset 0) p
  cross join lateral (values
    ('sms', p.phone_verified_at is not null and m.sms_opt_out_at is null), ('email', p.email is not null and m.email_opt_out_at is null)) c (channel, reachable)
  where c.reachable`,
  });
}
