import { sql } from 'drizzle-orm';
import { ACCOUNTS, type AccountId } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import { newReference } from '#ground/references/reference.ts';
import { payouts, withdrawals } from './payouts.schema.ts';

/** What left by hand in Safaricom's portal, as a line of a signed statement shows it: why, out of which account of ours, and who said so. */
export type SentByHand = {
  reason: string;
  sourceAccount: AccountId;
  amountCents: bigint;
  portalReceipt: string;
  movedAt: Date;
  kind: 'payment' | 'refund' | 'loan';
  /** What it belongs to: the deposit that it gave back, a loan, a booking. None of an expense. */
  subject?: string | undefined;
  /** The payment whose sale, or whose booking's fee, it takes back. */
  paymentId?: string | undefined;
  /** Another payout has the receipt of the line: what left in one sum stood in several places. */
  isRest?: boolean;
  requestedBy: string;
  requestedAt: Date;
  decidedBy: string;
  now: Date;
  /** `float`: it leaves that of the short code now. `receivables`: it has left it, by the line of a reversal, and stays there where it is the `sourceAccount` too. */
  from: `paybill_float:${string}` | typeof ACCOUNTS.receivables;
};

/**
 * Records what was paid by hand of `id`, a loan or a booking's decided fee, where that much of it is still to be paid, under its own locks. `asker` is the person who asked for
 * it. Throws where it is not, and says what to enter instead: what has left has left.
 */
export type RecordPaidByHand = (
  tx: Tx,
  id: string,
  sent: Omit<SentByHand, 'kind' | 'subject' | 'sourceAccount'>,
  by: { asker: string; call: Call },
) => Promise<void>;

/** How each of these is recorded: their folders are wired in by the function. */
export type PaidByHand = Readonly<Record<'loan' | 'booking', RecordPaidByHand>>;

/**
 * Records as paid what was sent by hand, and never asks Safaricom for it. What was given back gets its credit note as a refund does. Whoever calls has locked the receipt,
 * or the deposit, and looked that it is not recorded yet. Returns the payout's id.
 */
export async function recordByHand(tx: Tx, sent: SentByHand): Promise<string> {
  const { kind, amountCents, portalReceipt, movedAt, subject, paymentId, requestedBy, from, now } = sent;
  const [id, part] = [newId(), newId()];
  await tx.insert(payouts).values({
    ...{
      id,
      reference: newReference('PO'),
      kind,
      reasonSealed: sent.reason,
      sourceAccount: sent.sourceAccount,
    },
    ...{ subject: subject ?? null, paymentId: paymentId ?? null, portalReceipt, amountCents, partsCents: [amountCents], state: 'paid' },
    ...{ caller: requestedBy, requestedBy, requestedAt: sent.requestedAt, decidedBy: sent.decidedBy, decidedAt: now },
  });
  const receipt = sent.isRest || from === ACCOUNTS.receivables ? null : portalReceipt; // a reversal's line is found by the payment that it gave back
  await tx
    .insert(withdrawals)
    .values({ id: part, payoutId: id, part: 1, amountCents, state: 'paid', receipt, settledAt: movedAt, movedAt });
  const legs = [{ debit: sent.sourceAccount, credit: from, amountCents }].filter(({ debit, credit }) => debit !== credit);
  await transfer(tx, { kind: 'payout_paid', sourceId: part, legs, bookedAt: now });
  await tx.execute(sql`select judge_payout_1(${id}::uuid, ${now.toISOString()}::timestamptz)`);
  return id;
}
