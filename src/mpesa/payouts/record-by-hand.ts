import { sql } from 'drizzle-orm';
import { ACCOUNTS, type AccountId } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { newReference } from '#ground/references/reference.ts';
import type { Upstairs } from '../wiring/upstairs.ts';
import { payouts, withdrawals } from './payouts.schema.ts';

/** Money that somebody sent by hand in Safaricom's portal, as a line of a signed statement shows it: why, from which of our accounts, and who said so. */
export type SentByHand = {
  reason: string;
  sourceAccount: AccountId;
  amountCents: bigint;
  portalReceipt: string;
  movedAt: Date;
  kind: 'payment' | 'refund' | 'loan';
  /** What it belongs to: the refunded deposit, a loan, a booking; none for an expense. */
  subjectId?: string | undefined;
  /** The payment whose sale or booking's fee it undoes. */
  paymentId?: string | undefined;
  /** Whether another payout has the line's receipt already, since one sum was taken from several places. */
  isRest?: boolean;
  requestedBy: string;
  requestedAt: Date;
  decidedBy: string;
  now: Date;
  /** A float: the money leaves it now. Receivables: the line of a reversal has already taken it out of the float; if `sourceAccount` is receivables too, nothing is moved. */
  from: `paybill_float:${string}` | typeof ACCOUNTS.receivables;
};

/**
 * Records what was paid by hand for `id`, a loan or a booking's decided fee. It takes its own locks. Where less than that is still to be paid it throws and says
 * what to enter instead, since the money has left. `asker` is the person who requested it.
 */
export type RecordPaidByHand = (
  tx: Tx,
  id: string,
  sent: Omit<SentByHand, 'kind' | 'subjectId' | 'sourceAccount'>,
  by: { asker: string; call: Call; upstairs: Upstairs },
) => Promise<void>;

/** How to record each kind; the function wires them in. */
export type PaidByHand = Readonly<Record<'loan' | 'booking', RecordPaidByHand>>;

/**
 * Records money sent by hand as a paid payout, which is never sent to Safaricom. A refund gets its credit note as usual. The caller has
 * locked the receipt or the deposit and checked that it is not recorded yet. Returns the payout's id.
 */
export async function recordByHand(tx: Tx, sent: SentByHand): Promise<string> {
  const { kind, amountCents, portalReceipt, movedAt, subjectId, paymentId, requestedBy, from, now } = sent;
  const [id, part] = [newId(), newId()];
  await tx.insert(payouts).values({
    ...{
      id,
      reference: newReference('PO'),
      kind,
      reasonSealed: sent.reason,
      sourceAccount: sent.sourceAccount,
    },
    ...{ subjectId: subjectId ?? null, paymentId: paymentId ?? null, portalReceipt, amountCents, partsCents: [amountCents], state: 'paid' },
    ...{ caller: requestedBy, requestedBy, requestedAt: sent.requestedAt, decidedBy: sent.decidedBy, decidedAt: now },
  });
  const receipt = sent.isRest || from === ACCOUNTS.receivables ? null : portalReceipt; // a reversal's line is found by its original payment
  await tx
    .insert(withdrawals)
    .values({ id: part, payoutId: id, part: 1, amountCents, state: 'paid', receipt, settledAt: movedAt, movedAt });
  const legs = [{ debit: sent.sourceAccount, credit: from, amountCents }].filter(({ debit, credit }) => debit !== credit);
  await transfer(tx, { kind: 'payout_paid', sourceId: part, legs, bookedAt: now });
  await tx.execute(sql`select judge_payout_1(${id}::uuid, ${instantSql(now)})`);
  return id;
}
