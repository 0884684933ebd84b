import { callFunction, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import type { Core } from '../wiring/app.ts';
import type { INQUIRY_KINDS } from './inquiries.schema.ts';
import { SettledInquiry } from './settled-inquiry.ts';

// p_inquiry, p_kind, p_body_hash, p_body, p_now
const SETTLE = callText('settle_inquiry_timeout_1', ['uuid', 'text', 'text', 'text', 'timestamptz']);

/** Stores the notice that Safaricom gave up on an inquiry, which proves nothing: a late answer is still accepted. One round trip. */
export const settleInquiryTimeout =
  (kind: (typeof INQUIRY_KINDS)[number]) =>
  async ({ db, clock, log }: Pick<Core, 'db' | 'clock' | 'log'>, inquiryId: string, body: string): Promise<SettledInquiry> => {
    const said = `time-out: ${body}`;
    const params = [inquiryId, kind, lookupHash(said), encrypt(said, 'body'), clock.now().toISOString()];
    const settled = await callFunction(db, SettledInquiry, SETTLE, params);
    log.warn('inquiry_timed_out', { inquiryId, kind });
    return settled;
  };
