import * as z from 'zod';
import { callFunction, callText } from '../db/call-function.ts';
import type { Db } from '../db/types.ts';

const Settled = z.object({
  depositId: z.uuid().nullable(),
  verdict: z.enum(['pays', 'proves', 'fills', 'displaces', 'arrives', 'known', 'unknown', 'amount_differs', 'own_payout', 'doubted']),
});

const SETTLE = callText('settle_doubt_1', ['uuid', 'text', 'bigint', 'text', 'timestamptz']);

/** Settles the proof of a receipt that a quarantined success of an attempt named, in one round trip. `depositId` is set when money can be allocated now. Safe to repeat. */
export const settleDoubt = (
  { db, now }: { db: Db; now: Date },
  doubt: { attemptId: string; receipt: string; amountCents: bigint; shortcode: string },
): Promise<z.output<typeof Settled>> =>
  callFunction(db, Settled, SETTLE, [doubt.attemptId, doubt.receipt, doubt.amountCents.toString(), doubt.shortcode, now.toISOString()]);
