import { sql } from 'drizzle-orm';
import type { Tx } from '../db/types.ts';
import type { NoticeEvent } from '../outbox/message.ts';

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
  await tx.execute(sql`
  insert into outbox (id, dedupe_key, message, due_at)
  select gen_random_uuid(), concat_ws(':', ${event}::text, ${subjectId}::text, ${cause ?? null}::text, p.id, c.channel),
    jsonb_build_object('kind', 'notice', 'event', ${event}::text, 'subjectId', ${subjectId}::text, 'personId', p.id, 'channel', c.channel), ${now.toISOString()}::timestamptz
  from people p left join members m on m.person_id = p.id
  cross join lateral (values ('sms', p.phone_verified_at is not null and m.sms_opt_out_at is null), ('email', p.email is not null and m.email_opt_out_at is null)) c (channel, reachable)
  where c.reachable and p.disabled_at is null and (m.id = ${memberId}::uuid or ${treasurers}::boolean and p.role = 'treasurer')
  on conflict (dedupe_key) do nothing`);
}
