import { sql } from 'drizzle-orm';
import type { AccountId } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { newReference } from '#ground/references/reference.ts';
import { payouts } from './payouts.schema.ts';
import { splitPayout } from './split-payout.ts';

/** A payout that another domain requests: why, from which account, to whom. `subjectId` is what it belongs to (a deposit, a booking). */
export type NewPayout = {
  kind: 'payment' | 'refund' | 'reversal' | 'loan';
  reason: string;
  subjectId?: string | undefined;
  paymentId?: string | undefined;
  sourceAccount: AccountId;
  /** None for a reversal whose payer is masked: M-PESA knows them. */
  phone: string | null;
  /** Whether another person than the one who requested it has to approve, however small it is. */
  secondPerson?: boolean;
  amountCents: bigint;
  /** For a refund: its deposit, and whether a person identified the payer (payer-of.ts checks again before it leaves). */
  givesBack?: { depositId: string; identified: boolean };
  requestedBy: string;
  now: Date;
  /** Who has approved it already, as a line of a bulk payout; its money is to be reserved in the same transaction. */
  approvedBy?: string;
};

/**
 * Requests a payout inside the caller's transaction; it waits for approval, and nothing moves before. A reversal is never split. Returns
 * its id.
 */
export async function openPayout(tx: Tx, payout: NewPayout): Promise<string> {
  const [id] = await openPayouts(tx, [payout]);
  if (!id) throw new Error('A payout was not opened.');
  return id;
}

/** The same for several at once; returns their ids in the same order. */
export async function openPayouts(tx: Tx, opened: readonly NewPayout[]): Promise<string[]> {
  const rows = opened.map(newRow);
  await tx.insert(payouts).values(rows);
  return rows.map(({ id }) => id);
}

const newRow = ({ kind, reason, subjectId, paymentId, phone, secondPerson = false, amountCents, givesBack, now, ...of }: NewPayout) => ({
  ...{ id: newId(), kind, reasonSealed: reason, subjectId: subjectId ?? null, paymentId: paymentId ?? null },
  ...{ sourceAccount: of.sourceAccount, phone, secondPerson, amountCents },
  ...(givesBack && {
    depositId: givesBack.depositId,
    payerIdentified: givesBack.identified,
    receipt: sql`(select receipt from deposits where id = ${givesBack.depositId}::uuid)`,
  }),
  ...{ reference: newReference('PO'), phoneHash: phone && lookupHash(phone), phoneTail: phone?.slice(-3) ?? null },
  partsCents: kind === 'reversal' ? [amountCents] : splitPayout(amountCents),
  ...{ state: of.approvedBy === undefined ? ('requested' as const) : ('approved' as const), caller: of.requestedBy },
  ...{ requestedBy: of.requestedBy, requestedAt: now },
  ...(of.approvedBy !== undefined && { decidedBy: of.approvedBy, decidedAt: now }),
});

/**
 * Declines a payout that nobody has approved yet, since nothing is to be sent any more. A payout that is approved at this very moment stays approved: paying twice
 * opens a task.
 */
export async function declineWaiting(tx: Tx, payoutId: string, of: Record<string, string>, now: Date): Promise<void> {
  const result = await tx.execute(
    sql`update payouts set state = 'declined', decided_by = 'malipo', decided_at = ${instantSql(now)} where id = ${payoutId}::uuid and state = 'requested'`,
  );
  if (result.rowCount !== 1) return;
  const after = { state: 'declined', ...of };
  await record(tx, { actor: 'malipo', action: 'payout_declined', subject: payoutId, before: 'requested', after, happenedAt: now });
}
