import { sql } from 'drizzle-orm';
import pRetry from 'p-retry';
import * as z from 'zod';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { isWorthRepeating } from '../db/errors.ts';
import { readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';
import { evidence } from '../inbox/inbox.schema.ts';
import { openReviewSql } from '../reviews/open-review.ts';

const PATIENCE_MS = 20_000;

/**
 * Keeps a notice that books nothing, word for word, and opens one task per verdict: whoever knows the address may send many, and shall not raise as many alarms.
 * One round trip; safe to repeat.
 */
export async function quarantineNotice<Verdict extends string>({ db, now }: { db: Db; now: Date }, body: string, verdict: Verdict) {
  const statement = sql`
  with stored as (
    insert into evidence (id, source, body_hash, body, verdict, received_at)
    values (${newId()}::uuid, 'c2b', ${lookupHash(body)}, ${sql.param(body, evidence.body)}, ${verdict}, ${now.toISOString()}::timestamptz)
    on conflict (subject_id, source, body_hash) do nothing
    returning verdict
  ), ${openReviewSql({ kind: sql`'c2b_notice_quarantined'`, subject: sql`verdict`, openedAt: now, from: sql`stored` })}
  select not exists (select from stored) as duplicate`;
  const [row] = await pRetry(() => readRows(db, z.object({ duplicate: z.boolean() }), statement), {
    retries: 10,
    minTimeout: 50,
    maxTimeout: 4_000,
    maxRetryTime: PATIENCE_MS,
    shouldRetry: ({ error }) => isWorthRepeating(error),
  });
  return { depositId: null, verdict, duplicate: row?.duplicate ?? false };
}
