import * as z from 'zod';
import { callFunction, callSql, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { rowOf } from '#ground/db/rows.ts';
import type { Db, Tx } from '#ground/db/types.ts';
import { bareReference, readReference } from '#ground/references/reference.ts';
import type { Payer } from './payer.ts';

/** A notice of a paybill or till payment. `prompts`: whether it came to the short code that prompts name. */
export type C2bDeposit = {
  body: string;
  receipt: string;
  amountCents: bigint;
  typedReference: string;
  payer: Payer;
  shortcode: string;
  prompts: boolean;
  movedAt: Date;
  /** Whether the day in its receipt contradicts its date. */
  dayDiffers: boolean;
};

const Settled = z.object({
  depositId: z.uuid().nullable(),
  verdict: z.enum(['arrives', 'ties', 'known', 'amount_differs', 'own_payout']),
  duplicate: z.boolean(),
});

/** The outcome of a notice. `depositId` is set when its money is booked and can be allocated now. */
export type SettledC2b = z.output<typeof Settled>;

// p_body_hash, p_body, p_receipt, p_amount, p_reference, p_standing, p_typed, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, p_prompts, p_moved_at, p_day_differs, p_wait_for_proof, p_now
const SETTLE = callText('settle_c2b_3', [
  ...['text', 'text', 'text', 'bigint', 'text', 'text', 'text', 'text', 'text', 'text', 'text'],
  ...['text', 'boolean', 'timestamptz', 'boolean', 'text[]', 'timestamptz'],
]);

/**
 * Settles a C2B confirmation in one round trip: settle-c2b.sql has the rule. A confirmation proves nothing: its money is booked as told, once per receipt, in
 * whatever order sources name that receipt. `waitForProof` are the purposes whose payments count as paid only once the money is proved. Safe to repeat.
 */
export const settleC2b = ({ db, ...when }: When & { db: Db }, told: C2bDeposit): Promise<SettledC2b> =>
  callFunction(db, Settled, SETTLE, paramsOf(when, told));

/** The same inside a transaction that writes more: for what a person has recorded. */
export const settleC2bWithin = async (tx: Tx, when: When, told: C2bDeposit): Promise<SettledC2b> =>
  rowOf(Settled, (await tx.execute(callSql(SETTLE, paramsOf(when, told)))).rows);

type When = { now: Date; waitForProof?: readonly string[] };

function paramsOf(
  { now, waitForProof = [] }: When,
  { body, receipt, amountCents, typedReference, payer, shortcode, prompts, movedAt, dayDiffers }: C2bDeposit,
): unknown[] {
  const sealed = (value: string | undefined, column: string) => (value ? encrypt(value, column) : null);
  return [
    ...[lookupHash(body), encrypt(body, 'body'), receipt, amountCents.toString()],
    ...[readReference(typedReference) ?? null, bareReference(typedReference), sealed(typedReference, 'typed_reference')],
    ...[sealed(payer.name, 'payer_name'), sealed(payer.phone, 'payer_phone'), payer.hash ?? null, payer.tail ?? null],
    ...[shortcode, prompts, movedAt.toISOString(), dayDiffers, waitForProof, now.toISOString()],
  ];
}
