import { type SQL, sql } from 'drizzle-orm';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { evidence } from '../inbox/inbox.schema.ts';
import type { INQUIRY_KINDS } from './inquiries.schema.ts';

/** Keeps what was said about a question word for word and encrypted, once, with the verdict that the column `verdict` of `seen` gives. */
export const storeEvidenceSql = (told: { inquiryId: string; source: (typeof INQUIRY_KINDS)[number]; body: string; now: Date }): SQL => sql`
  insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
  values (${newId()}::uuid, ${told.inquiryId}::uuid, ${told.source}, ${lookupHash(told.body)}, ${sql.param(told.body, evidence.body)},
    coalesce((select verdict from seen), 'no_inquiry'), ${told.now.toISOString()}::timestamptz)
  on conflict (subject_id, source, body_hash) do nothing
  returning id`;
