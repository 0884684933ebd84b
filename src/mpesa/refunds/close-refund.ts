import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { reasonForPayer } from '../paybill/told-payer.ts';
import { markGivenBackSql } from '../payments/end-payments.ts';
import { bookGivenTwice, leftForSubjectSql } from '../payouts/book-given-twice.ts';
import { leftInSuspenseSql, surplusLeftSql, surplusOfSql } from '../payouts/left-of-deposit.ts';
import { payouts } from '../payouts/payouts.schema.ts';
import type { App } from '../wiring/app.ts';
import type { CreditSale } from '../wiring/purpose.ts';
import type { Upstairs } from '../wiring/upstairs.ts';
import { takeOffCounterSale } from './close-counter-refund.ts';

const PAYOUT = pick(payouts, 'p', ['kind', 'sourceAccount', 'amountCents', 'paymentId', 'reason', 'reasonSealed']);
const Paid = PAYOUT.row.extend({ kind: z.enum(['refund', 'reversal']), depositId: z.string() });

/**
 * Handles `refund_paid`. A sale gets a credit note, which takes the refund off sales and VAT, and its payment becomes `refunded` or
 * `reversed`; so does a payment whose repayment of a loan was reversed before. A counter sale shrinks without a credit note; surplus and
 * suspense never were sales. What was given back beyond what was there is a receivable with a task. One transaction, safe to call twice.
 */
export const closeRefund =
  (creditSale: CreditSale): Deliver<'refund_paid', App> =>
  async (app, { payoutId }) => {
    const now = app.clock.now();
    await app.db.transaction(async (tx) => {
      const refund = await lockPaid(tx, payoutId);
      if (!refund) return;
      const { kind, paymentId, amountCents } = refund;
      const reason = reasonForPayer(refund.reasonSealed ?? refund.reason);
      const state = kind === 'reversal' ? 'reversed' : 'refunded';
      if (refund.sourceAccount === ACCOUNTS.refunds && paymentId) {
        const first = await creditSale(tx, { payoutId, paymentId, amountCents, reason, now });
        if (!first) return;
        await tx.execute(markGivenBackSql(sql`(select ${paymentId}::uuid as id)`, { state, anyState: true }));
      }
      if (refund.sourceAccount === ACCOUNTS.suspense) await tx.execute(markTakenBackSql(app.upstairs, refund.depositId, state));
      await tx.execute(sql`select from deposits where id = ${refund.depositId}::uuid for update`); // others who book to this deposit wait, and what they booked before is seen below
      if (refund.sourceAccount === ACCOUNTS.refunds && !paymentId) await takeOffCounterSale(tx, { payoutId, ...refund, now });
      if (refund.sourceAccount !== ACCOUNTS.refunds) await bookOverdrawn(tx, { payoutId, ...refund, now });
      await record(tx, {
        actor: 'safaricom',
        action: `${kind}_paid`,
        subject: payoutId,
        after: { paymentId, depositId: refund.depositId },
        happenedAt: now,
      });
      await closeTasks(tx, refund.depositId, now);
    });
    return undefined;
  };

/** Closes the tasks of a deposit once nothing of it is left to give back, and no refund of it is under way. */
const closeTasks = (tx: Tx, depositId: string, now: Date) =>
  tx.execute(
    closeTasksSql({
      kinds: ['surplus_payment', 'unidentified_deposit', 'underpaid_deposit', 'deposit_proved_after_all'],
      subjects: [depositId],
      ...{ closedAt: now, closedBy: 'safaricom', note: 'given back' },
      when: sql`not exists (select from payouts p where p.subject_id = ${depositId}::uuid and p.state in ('requested', 'approved', 'partly_paid'))
        and (kind in ('unidentified_deposit', 'underpaid_deposit') or ${surplusLeftSql(sql`${depositId}::uuid`)} <= 0)
        and (kind = 'surplus_payment' or ${leftInSuspenseSql(sql`${depositId}::uuid`)} <= 0)`,
    }),
  );

/** Marks the payments of a deposit whose repayments of loans were reversed: their money has been given back. */
function markTakenBackSql({ wasUnpaidSql }: Upstairs, depositId: string, state: 'refunded' | 'reversed') {
  const unpaid = sql`(
  select paid.id from (
    select payment_id as id, id::text as source_id from deposits where id = ${depositId}::uuid
    union all select payment_id, id::text from matches where deposit_id = ${depositId}::uuid
  ) paid where ${wasUnpaidSql(sql`paid.source_id`)})`;
  return markGivenBackSql(unpaid, { state, countedId: depositId });
}

async function lockPaid(tx: Tx, payoutId: string) {
  const [row] = await readRows(
    tx,
    Paid,
    sql`
    select ${PAYOUT.list}, p.subject_id as deposit_id from payouts p where p.id = ${payoutId}::uuid and p.state = 'paid' for update of p`,
  );
  return row;
}

/** Books a receivable where surplus or suspense was given back twice: more than ever stood there for this deposit. */
async function bookOverdrawn(
  tx: Tx,
  { payoutId, depositId, sourceAccount, now }: { payoutId: string; depositId: string; sourceAccount: string; now: Date },
): Promise<void> {
  const from = sourceAccount === ACCOUNTS.customerCredit || sourceAccount === ACCOUNTS.suspense ? sourceAccount : undefined;
  if (!from) return; // bookings check this themselves
  const stood =
    from === ACCOUNTS.suspense
      ? sql`${leftInSuspenseSql(sql`${depositId}::uuid`)} + (select coalesce(sum(amount_cents), 0) from payouts
          where subject_id = ${depositId}::uuid and source_account = ${from} and state not in ('declined', 'rejected'))`
      : surplusOfSql(sql`${depositId}::uuid`);
  const [excess] = await readRows(
    tx,
    z.object({ cents: bigintText }),
    sql`select ${leftForSubjectSql(depositId, from)} - (${stood}) as cents`,
  );
  if (excess && excess.cents > 0n) await bookGivenTwice(tx, { payoutId, from, excessCents: excess.cents, now });
}
