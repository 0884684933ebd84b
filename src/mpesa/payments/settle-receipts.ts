import * as z from 'zod';
import { repeated } from '#ground/db/call-function.ts';
import { encrypt } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { bareReference, readReference } from '#ground/references/reference.ts';
import type { Payer } from './payer.ts';

/** A receipt whose money is proved to have come to us. `times` are the possible readings of its time, likeliest first. */
export type ProvedReceipt = {
  receipt: string;
  amountCents: bigint;
  typedReference?: string | undefined;
  payer?: Payer | undefined;
  shortcode: string;
  prompts: boolean;
  times: Date[];
};

const Settled = z.object({
  depositId: z.uuid().nullable(),
  receipt: z.string(),
  /**
   * proves: told money. fills: the missing receipt of a success. displaces: the receipt that a success had by a guess. arrives: new money,
   * or money told for something else. doubted: it may be the receipt of a success that has none.
   */
  verdict: z.enum(['proves', 'fills', 'displaces', 'arrives', 'known', 'unknown', 'amount_differs', 'own_payout', 'doubted']),
});

/** A proof that changed something. `depositId` is set when money can be allocated now. */
export type SettledReceipt = z.output<typeof Settled>;

const SETTLE = 'select * from settle_receipts_2($1::text, $2::jsonb, $3::timestamptz)';

/**
 * Settles proved receipts, whether a notice reported them before or not, in one round trip: settle-receipt.sql has the rule. Yields those that were not proved
 * before. Safe to repeat, in any order with every other source.
 */
export async function settleReceipts(
  { db, now }: { db: Db; now: Date },
  source: 'pull' | 'statement',
  receipts: readonly ProvedReceipt[],
): Promise<SettledReceipt[]> {
  if (receipts.length === 0) return [];
  const params = [source, JSON.stringify(receipts.map(toRow)), now.toISOString()];
  return z.array(Settled).parse(await repeated(() => db.query(SETTLE, params)));
}

function toRow({ receipt, amountCents, typedReference, payer = {}, shortcode, prompts, times }: ProvedReceipt) {
  const sealed = (value: string | undefined, column: string) => (value ? encrypt(value, column) : null);
  return {
    ...{ receipt, amount: amountCents.toString(), shortcode, prompts, times: times.map((time) => time.toISOString()) },
    ...(typedReference && { reference: readReference(typedReference) ?? null, standing: bareReference(typedReference) }),
    ...{ typed: sealed(typedReference, 'typed_reference'), payer_name: sealed(payer.name, 'payer_name') },
    ...{ payer_phone: sealed(payer.phone, 'payer_phone'), payer_hash: payer.hash ?? null, payer_tail: payer.tail ?? null },
  };
}
