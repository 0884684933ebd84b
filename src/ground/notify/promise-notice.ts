import { sql } from 'drizzle-orm';
import type { Tx } from '../db/types.ts';
import type { NoticeEvent } from '../outbox/message.ts';

/**
 * What happened, to what, and which member it is about; `treasurers` are told too where the organisation has to know. `cause` tells apart what happens to a subject again,
 * `memberId` is null where nobody but the treasurers is told.
 */
export type Notice = { event: NoticeEvent; subjectId: string; cause?: string; memberId: string | null; treasurers: boolean; now: Date };

/**
 * Promises to tell the member, and the treasurers where asked, by SMS and e-mail: one message each, that leaves only if this transaction commits, and once per event, subject and cause.
 * Only phones that were verified are written to, and nobody who has opted out.
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
