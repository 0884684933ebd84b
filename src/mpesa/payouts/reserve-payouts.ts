import { type SQL, sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transferSql } from '#books/ledger/transfer.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';

/**
 * Statements that make the parts of approved payouts, reserve the money of each in the ledger, and promise its dispatch. `which` is a
 * condition on `p`, a payout; bank transfers have no parts. Payouts of a bulk are sent after all others that are due.
 */
export const reservePartsSql = (which: SQL, { now, urgency = 0 }: { now: Date; urgency?: 0 | 1 }): SQL[] => [
  sql`insert into withdrawals (id, payout_id, part, amount_cents, state)
    select gen_random_uuid(), p.id, part, cents, 'reserved' from payouts p, unnest(p.parts_cents) with ordinality as t(cents, part)
    where ${which} and p.kind <> 'manual'`,
  transferSql({
    kind: 'payout_reserve',
    sourceId: sql`w.id`,
    ...{ debit: sql`p.source_account`, credit: ACCOUNTS.payoutReserve, amountCents: sql`w.amount_cents` },
    bookedAt: now,
    from: sql`withdrawals w join payouts p on p.id = w.payout_id where ${which}`,
  }),
  enqueueSql({
    key: sql`'dispatch:' || w.id`,
    message: { kind: 'dispatch_withdrawal', withdrawalId: sql`w.id` },
    ...{ dueAt: now, urgency },
    from: sql`withdrawals w join payouts p on p.id = w.payout_id where ${which}`,
  }),
];
