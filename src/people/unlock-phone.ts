import { sql } from 'drizzle-orm';
import { record } from '../audit/record.ts';
import { lookupHash } from '../db/encryption.ts';
import type { Db } from '../db/types.ts';

/** Forgets how often a phone was prompted and sent codes, so that both may happen again at once. False when nothing was counted; safe to repeat. */
export function unlockPhone(db: Db, phone: string, { actor, now }: { actor: string; now: Date }): Promise<boolean> {
  const phoneHash = lookupHash(phone);
  return db.transaction(async (tx) => {
    const forgotten = await tx.execute(sql`delete from recent_times where key in (${phoneHash}, ${`code:${phoneHash}`})`);
    if (!forgotten.rowCount) return false;
    await record(tx, { actor, action: 'phone_unlocked', subject: `phone:${phoneHash}`, happenedAt: now });
    return true;
  });
}
