import { sql } from 'drizzle-orm';
import type { Core } from '../core.ts';
import type { INQUIRY_KINDS } from './inquiries.schema.ts';
import { type SettledInquiry, settleOnce } from './settle-once.ts';
import { storeEvidenceSql } from './store-evidence.ts';

/** Keeps the notice that Safaricom gave up on a question, which proves nothing: an answer may still come and is taken. One round trip. */
export const settleInquiryTimeout =
  (kind: (typeof INQUIRY_KINDS)[number]) =>
  async ({ db, clock, log }: Pick<Core, 'db' | 'clock' | 'log'>, inquiryId: string, body: string): Promise<SettledInquiry> => {
    const settled = await settleOnce(
      db,
      sql`
      with seen as materialized (
        select id, 'unclear' as verdict from inquiries where id = ${inquiryId}::uuid and kind = ${kind} for update
      ), stored as (
        ${storeEvidenceSql({ inquiryId, source: kind, body: `time-out: ${body}`, now: clock.now() })}
      ), moved as (
        update inquiries set state = 'timed_out' where id = (select id from seen) and state = 'asked'
      )
      select coalesce((select verdict from seen), 'no_inquiry') as verdict`,
    );
    log.warn('inquiry_timed_out', { inquiryId, kind });
    return settled;
  };
