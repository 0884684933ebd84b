import type { Tx } from '#ground/db/types.ts';
import { recordByHand, type SentByHand } from '../payouts/record-by-hand.ts';
import type { Upstairs } from '../wiring/upstairs.ts';
import type { Place } from './spread-given-back.ts';

/** Records money of a deposit that was given back by hand as a refund from one place; a member is notified of what leaves their savings. */
export async function recordGivenBack(
  tx: Tx,
  { tellSaver }: Upstairs,
  depositId: string,
  { account, paymentId, cents }: Place,
  sent: Omit<SentByHand, 'kind' | 'subject' | 'paymentId' | 'sourceAccount' | 'amountCents'>,
): Promise<void> {
  const payoutId = await recordByHand(tx, {
    ...{ ...sent, kind: 'refund', subjectId: depositId, paymentId: paymentId ?? undefined, sourceAccount: account, amountCents: cents },
  });
  await tellSaver(tx, { account, payoutId, now: sent.now });
}
