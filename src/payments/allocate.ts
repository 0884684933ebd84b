import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { bigintText, decrypted, instant, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { ACCOUNTS, type AccountId } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import { findStanding } from '../references/find-standing.ts';
import { openReview } from '../reviews/open-review.ts';
import type { ReviewKind } from '../reviews/review-kinds.ts';
import { PAYABLE_COLUMNS, Payable, purposeOf } from './payable.ts';

const Deposit = z.object({
  id: z.uuid(),
  paymentId: z.uuid().nullable(),
  amountCents: bigintText,
  typedReference: decrypted('typed_reference').nullable(),
  settledAt: instant,
});

const Payment = Payable.extend({ countedDepositId: z.uuid().nullable() });

/**
 * Books a settled deposit: to its payment's purpose if it is the one that counts or the purpose takes everything, to the loan or account whose reference was
 * typed, what is more than owed and every further deposit to the customer's credit, too little or money for nobody knows what to suspense; a person gets a task
 * for these. Clearing is empty again. One transaction, safe to call twice.
 */
export function allocate(
  app: Pick<App, 'db' | 'purposes' | 'destinations' | 'clock'>,
  depositId: string,
): Promise<'allocated' | 'nothing to do'> {
  const now = app.clock.now();
  return app.db.transaction(async (tx) => {
    const payment = await lockPayment(tx, depositId);
    const deposit = await lockWaiting(tx, depositId);
    if (!deposit) return 'nothing to do';
    const park = (account: AccountId, kind: 'surplus' | 'suspense', amountCents: bigint, review: ReviewKind) =>
      parkDeposit(tx, { deposit, account, kind, amountCents, review, now });

    const standing = payment || !deposit.typedReference ? undefined : await findStanding(tx, deposit.typedReference);
    if (standing) await app.destinations[standing.kind](tx, { ...deposit, ...standing, ...sourceOf(deposit) }, now);
    else if (!payment) await park(ACCOUNTS.suspense, 'suspense', deposit.amountCents, 'unidentified_deposit');
    else if (purposeOf(app.purposes, payment).takesEverything)
      await purposeOf(app.purposes, payment).allocate(tx, { ...payment, ...sourceOf(deposit), amountCents: deposit.amountCents }, now);
    else if (payment.countedDepositId === deposit.id) {
      await purposeOf(app.purposes, payment).allocate(tx, { ...payment, ...sourceOf(deposit) }, now);
      if (deposit.amountCents > payment.amountCents)
        await park(ACCOUNTS.customerCredit, 'surplus', deposit.amountCents - payment.amountCents, 'surplus_payment');
    } else if (payment.countedDepositId) await park(ACCOUNTS.customerCredit, 'surplus', deposit.amountCents, 'surplus_payment');
    else await park(ACCOUNTS.suspense, 'suspense', deposit.amountCents, 'underpaid_deposit');

    await tx.execute(
      sql`update deposits set allocated_at = ${now.toISOString()}::timestamptz, allocation_due_at = null where id = ${depositId}::uuid`,
    );
    return 'allocated';
  });
}

const sourceOf = ({ id, settledAt }: z.output<typeof Deposit>) => ({ sourceId: id, depositId: id, settledAt });

/** Always payment, then deposit. */
async function lockPayment(tx: Tx, depositId: string) {
  const [row] = await readRows(
    tx,
    Payment,
    sql`
    select ${PAYABLE_COLUMNS}, counted_deposit_id as "countedDepositId"
    from payments where id = (select payment_id from deposits where id = ${depositId}::uuid) for update`,
  );
  return row;
}

async function lockWaiting(tx: Tx, depositId: string) {
  const [row] = await readRows(
    tx,
    Deposit,
    sql`
    select id, payment_id as "paymentId", amount_cents as "amountCents", typed_reference as "typedReference", settled_at as "settledAt"
    from deposits where id = ${depositId}::uuid and allocated_at is null for update`,
  );
  return row;
}

async function parkDeposit(
  tx: Tx,
  parked: {
    deposit: z.output<typeof Deposit>;
    account: AccountId;
    kind: 'surplus' | 'suspense';
    amountCents: bigint;
    review: ReviewKind;
    now: Date;
  },
): Promise<void> {
  const { deposit, account, kind, amountCents, review, now } = parked;
  await transfer(tx, { kind, sourceId: deposit.id, legs: [{ debit: ACCOUNTS.clearing, credit: account, amountCents }], bookedAt: now });
  await openReview(tx, { kind: review, subject: deposit.id, openedAt: now });
}
