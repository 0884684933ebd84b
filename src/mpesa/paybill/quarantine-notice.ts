import * as z from 'zod';
import { callFunction, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';

const QUARANTINE = callText('quarantine_notice_2', ['text', 'text', 'text', 'timestamptz']);

/** Keeps a notice that books nothing as evidence, with a task of its own; `retryNotices` reads it again. One round trip; safe to repeat. */
export async function quarantineNotice<Verdict extends string>({ db, now }: { db: Db; now: Date }, body: string, verdict: Verdict) {
  const shape = z.object({ quarantine_notice_2: z.boolean() });
  const kept = await callFunction(db, shape, QUARANTINE, [lookupHash(body), encrypt(body, 'body'), verdict, now.toISOString()]);
  return { depositId: null, verdict, duplicate: !kept.quarantine_notice_2 };
}
