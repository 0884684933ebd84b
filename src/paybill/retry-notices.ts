import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import type { Call, Reply } from '../call.ts';
import { parseC2bNotice } from '../daraja/parse-c2b.ts';
import { decrypted, readRows } from '../db/rows.ts';
import { allocate } from '../payments/allocate.ts';
import { settleC2b } from '../payments/settle-c2b.ts';
import { readConfirmation } from './settle-confirmation.ts';

const MOST = 100;

export const RetryNoticesInput = z.strictObject({});

const Kept = z.object({ id: z.uuid(), body: decrypted('body') });

/**
 * Reads the notices again that were kept because they could not be read or were about a short code that was not ours, the oldest hundred: after a correction of the
 * settings or an update they are settled, and so they are when pull or statement has booked their receipt meanwhile; their tasks close. Safe to repeat.
 */
export async function retryNotices(app: App, _input: object, { caller }: Call): Promise<Reply> {
  const now = app.clock.now();
  const kept = await readRows(
    app.db,
    Kept,
    sql`
    select e.id, e.body from reviews r join evidence e on e.id::text = r.subject
    where r.kind = 'c2b_notice_quarantined' and r.closed_at is null order by r.opened_at limit ${MOST}`,
  );
  const settled: string[] = [];
  for (const { id, body } of kept) {
    const told = readConfirmation(app, parseC2bNotice(body), body, now);
    if (typeof told === 'string') continue;
    const { depositId } = await settleC2b({ db: app.db, now, waitForProof: app.config.paybill.waitForProof }, told);
    if (depositId) await allocate(app, depositId);
    settled.push(id);
  }
  await app.db.execute(sql`
  update reviews set closed_at = ${now.toISOString()}::timestamptz, closed_by = ${caller.id}, note = 'Read again.'
  where kind = 'c2b_notice_quarantined' and closed_at is null and subject = any(${sql.param(settled)}::text[])`);
  return { json: { read: kept.length, settled: settled.length } };
}
