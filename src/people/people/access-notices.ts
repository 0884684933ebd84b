import { type SQL, sql } from 'drizzle-orm';
import { newId } from '#ground/db/columns.ts';
import { encrypt } from '#ground/db/encryption.ts';
import type { Tx } from '#ground/db/types.ts';
import { forgetUnreachable } from '#ground/notify/unreachable.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import type { AccessEvent } from '#ground/outbox/message.ts';
import { CHANNELS } from '#ground/outbox/message.ts';
import { withholdSql } from '#ground/outbox/withhold.ts';
import { forgetMailedCodesSql } from './sign-in-codes.ts';
import { tellStaffSql } from './tell-staff.ts';

/**
 * Promises a person the SMS and the mail about what became of their access; which of the two can be sent is seen when they are. They say what is so then: those
 * of the same event that wait take one another's place.
 */
export async function promiseAccessNotice(tx: Tx, event: AccessEvent, personId: string, now: Date): Promise<void> {
  await tx.execute(withholdSql(waitingSql(event, personId), now));
  const change = newId();
  for (const channel of CHANNELS)
    await tx.execute(
      enqueueSql({
        key: sql`${`access:${change}:${channel}`}::text`,
        message: { kind: 'access_notice', event, personId, channel },
        dueAt: now,
      }),
    );
}

/** The keys of such messages that wait; without one that is just being marked as delivered, which nobody waits for. */
const waitingSql = (event: AccessEvent, personId: string): SQL => sql`
  select o.dedupe_key from outbox o where o.message ->> 'personId' = ${personId} and o.message ->> 'kind' = 'access_notice' and o.message ->> 'event' = ${event}
    and o.message -> 'formerAddress' is null and o.sent_at is null and o.dead_at is null for update skip locked`;

/**
 * An e-mail was changed, to null where it was removed: promises a notice to its owner, at the old address too, and to the other staff, since sign-in codes may go there. Codes that went to the
 * old one work no more, and a refusal of the new one is forgotten.
 */
export async function tellEmailChanged(
  tx: Tx,
  { id, phoneHash, email: former }: { id: string; phoneHash: string; email: string | null },
  email: string | null,
  { by, now }: { by: string; now: Date },
): Promise<void> {
  await tx.execute(forgetMailedCodesSql(phoneHash, now));
  if (email) await forgetUnreachable(tx, 'email', email);
  if (former !== null && former.toLowerCase() !== email?.toLowerCase()) await promiseFormerNotice(tx, id, former, now);
  await promiseAccessNotice(tx, 'email_changed', id, now);
  await tx.execute(tellStaffSql('email_changed', id, { by, now }));
}

/** Promises a mail to where a person's e-mail was until now, that it was changed. */
export async function promiseFormerNotice(tx: Tx, personId: string, email: string, now: Date): Promise<void> {
  const message = { kind: 'access_notice', event: 'email_changed', personId, channel: 'email' } as const;
  const formerAddress = encrypt(email, 'email');
  await tx.execute(enqueueSql({ key: `access:${newId()}:former`, message: { ...message, formerAddress }, dueAt: now }));
}
