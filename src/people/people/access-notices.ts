import { sql } from 'drizzle-orm';
import { newId } from '#ground/db/columns.ts';
import { encrypt } from '#ground/db/encryption.ts';
import type { Tx } from '#ground/db/types.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import type { AccessEvent } from '#ground/outbox/message.ts';
import { CHANNELS } from '#ground/outbox/message.ts';

/** Promises a person the SMS and the mail about what became of their access; which of the two can be sent is seen when they are. */
export async function promiseAccessNotice(tx: Tx, event: AccessEvent, personId: string, now: Date): Promise<void> {
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

/** Promises a mail to where a person's e-mail was until now, that it was changed. */
export async function promiseFormerNotice(tx: Tx, personId: string, email: string, now: Date): Promise<void> {
  const message = { kind: 'access_notice', event: 'email_changed', personId, channel: 'email' } as const;
  const formerAddress = encrypt(email, 'email');
  await tx.execute(enqueueSql({ key: `access:${newId()}:former`, message: { ...message, formerAddress }, dueAt: now }));
}
