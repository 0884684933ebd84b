import * as z from 'zod';
import { callFunction, callText } from '../db/call-function.ts';
import { encrypt } from '../db/encryption.ts';
import type { Db } from '../db/types.ts';
import { bareReference, readReference } from '../references/reference.ts';
import type { Payer } from './payer.ts';

/** A receipt of which it is proved that its money came to us. `times` are the readings of its time; `opens`: whether it is booked when nobody had told of it. */
export type ProvedReceipt = {
  source: 'status' | 'pull' | 'statement';
  receipt: string;
  amountCents: bigint;
  typedReference?: string | undefined;
  payer?: Payer | undefined;
  shortcode: string;
  prompts: boolean;
  times: Date[];
  opens: boolean;
};

const Settled = z.object({
  depositId: z.uuid().nullable(),
  verdict: z.enum(['proves', 'fills', 'displaces', 'arrives', 'known', 'unknown', 'amount_differs', 'own_payout']),
});

/** What became of a proof. `depositId` is set when money can be allocated now. */
export type SettledReceipt = z.output<typeof Settled>;

// p_source, p_receipt, p_amount, p_reference, p_standing, p_typed, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, p_prompts, p_times, p_opens, p_now
const SETTLE = callText('settle_receipt_1', [
  ...['text', 'text', 'bigint', 'text', 'text', 'text', 'text', 'text', 'text', 'text'],
  ...['text', 'boolean', 'timestamptz[]', 'boolean', 'timestamptz'],
]);

/** Settles the proof of a receipt in one round trip: settle-receipt.sql has the rule. Safe to repeat, in any order with every other source. */
export const settleReceipt = (
  { db, now }: { db: Db; now: Date },
  { source, receipt, amountCents, typedReference, payer = {}, shortcode, prompts, times, opens }: ProvedReceipt,
): Promise<SettledReceipt> => {
  const sealed = (value: string | undefined, column: string) => (value ? encrypt(value, column) : null);
  return callFunction(db, Settled, SETTLE, [
    ...[source, receipt, amountCents.toString(), typedReference ? (readReference(typedReference) ?? null) : null],
    ...[typedReference ? bareReference(typedReference) : null, sealed(typedReference, 'typed_reference')],
    ...[sealed(payer.name, 'payer_name'), sealed(payer.phone, 'payer_phone'), payer.hash ?? null, payer.tail ?? null],
    ...[shortcode, prompts, times.map((time) => time.toISOString()), opens, now.toISOString()],
  ]);
};
