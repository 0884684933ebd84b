import { eq } from 'drizzle-orm';
import { record } from '#ground/audit/record.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { forgetTimes } from '#ground/limits/count-sliding.ts';
import { forgetUnreachable } from '#ground/notify/unreachable.ts';
import { people } from './people.schema.ts';

/**
 * Forgets how often a phone was prompted and sent codes, and that a provider refused it or its person's e-mail, so that all of it may happen again at once. False when there was
 * nothing to forget; safe to repeat.
 */
export function unlockPhone(db: Db, phone: string, { actor, now }: { actor: string; now: Date }): Promise<boolean> {
  const phoneHash = lookupHash(phone);
  return db.transaction(async (tx) => {
    const forgotten = await forgetTimes(tx, { keys: [phoneHash, `elsewhere:${phoneHash}`], prefix: `code:${phoneHash}` });
    const [person] = await tx.select({ email: people.email }).from(people).where(eq(people.phoneHash, phoneHash));
    const reached = await forgetUnreachable(tx, 'sms', phone);
    const mailed = person?.email ? await forgetUnreachable(tx, 'email', person.email) : false;
    if (!forgotten && !reached && !mailed) return false;
    await record(tx, { actor, action: 'phone_unlocked', subject: `phone:${phoneHash}`, happenedAt: now });
    return true;
  });
}
