import { lookupHash } from '#ground/db/encryption.ts';
import type { Tx } from '#ground/db/types.ts';
import { readPayer } from '../daraja/read-payer.ts';
import { type SettledC2b, settleC2bWithin } from '../payments/settle-c2b.ts';
import type { App } from '../wiring/app.ts';
import type { recordedReceipts } from './recorded-receipts.schema.ts';
import { readConfirmation } from './settle-confirmation.ts';

type Recorded = Pick<
  typeof recordedReceipts.$inferSelect,
  'id' | 'receipt' | 'amountCents' | 'shortcode' | 'movedAt' | 'recordedBy' | 'recordedAt' | 'typedReference' | 'payerPhone' | 'payerName'
>;

/**
 * Settles what people have recorded exactly as a notice that says the same: told, once per receipt, in whatever order other sources name
 * it. What is kept as evidence says that it was recorded, and by whom.
 */
export async function settleRecorded(
  { config }: Pick<App, 'config'>,
  tx: Tx,
  recorded: Recorded,
  now: Date,
): Promise<SettledC2b & { bodyHash: string }> {
  const { id, receipt, amountCents, shortcode, movedAt, recordedBy, recordedAt, typedReference, payerPhone, payerName } = recorded;
  const body = JSON.stringify({
    recordedReceipt: id,
    recordedBy,
    receipt,
    amountCents: amountCents.toString(),
    shortcode,
    at: movedAt,
    typedReference,
  });
  const phone = payerPhone === null ? undefined : readPayer(payerPhone);
  const notice = {
    ...{ kind: 'unknown' as const, transactionId: receipt, amountCents, shortcode, at: movedAt, names: payerName ?? '' },
    ...(typedReference !== null && { reference: typedReference }),
    ...(phone && { phone }),
  };
  const told = readConfirmation({ config }, notice, body, recordedAt);
  if (typeof told === 'string') throw new Error(`A recorded receipt is ${told}.`);
  return { ...(await settleC2bWithin(tx, { now, waitForProof: config.paybill.waitForProof }, told)), bodyHash: lookupHash(body) };
}
