import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { NoticeEvent } from '#ground/outbox/message.ts';

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
