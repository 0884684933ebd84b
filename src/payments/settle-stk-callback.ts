import type { Core } from '../core.ts';
import { parseStkCallback } from '../daraja/parse-stk-callback.ts';
import { type Settled, settle } from './settle.ts';

/**
 * Settles the body that Safaricom posted to an attempt's own address. A success must name amount, receipt, checkout id and phone; one that does not is kept as
 * evidence and asked about, never credited. One round trip.
 */
export async function settleStkCallback(app: Pick<Core, 'db' | 'clock' | 'log'>, attemptId: string, body: string): Promise<Settled> {
  const { says, amountCents, phone, checkoutRequestId, receipt, resultCode } = parseStkCallback(body);
  const complete = says !== 'paid' || phone !== undefined;
  const settled = await settle(
    { db: app.db, now: app.clock.now() },
    { attemptId, source: 'callback', body, says: complete ? says : 'unclear', amountCents, phone, checkoutRequestId, receipt, resultCode },
  );
  app.log.info('stk_callback', { attemptId, verdict: settled.verdict, duplicate: settled.duplicate, resultCode });
  return settled;
}
