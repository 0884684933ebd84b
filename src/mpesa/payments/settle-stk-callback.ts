import { parseStkCallback } from '../daraja/parse-stk-callback.ts';
import type { Core } from '../wiring/app.ts';
import { type Settled, settle } from './settle.ts';

/**
 * Settles the body that Safaricom posted to an attempt's own address. A success without amount, receipt or checkout id is unclear, and the query ladder asks; a
 * success whose payer cannot be read proves nothing, but its receipt is kept. One round trip.
 */
export async function settleStkCallback(
  app: Pick<Core, 'db' | 'clock' | 'log' | 'config'>,
  attemptId: string,
  body: string,
): Promise<Settled> {
  const { says, amountCents, phone, checkoutRequestId, receipt, resultCode, paidAt } = parseStkCallback(body);
  const { shortcode } = app.config.mpesa;
  const settled = await settle(
    { db: app.db, now: app.clock.now() },
    { attemptId, source: 'callback', body, says, amountCents, phone, checkoutRequestId, receipt, resultCode, shortcode, movedAt: paidAt },
  );
  app.log.info('stk_callback', { attemptId, verdict: settled.verdict, duplicate: settled.duplicate, resultCode });
  return settled;
}
