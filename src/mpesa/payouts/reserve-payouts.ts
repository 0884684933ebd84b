import { type SQL, sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transferSql } from '#books/ledger/transfer.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';

/**
 * What a part of payout `p` pays, whichever database says so: the line of a bulk payout, the n-th payout of a loan that was sent; any other payout pays for itself. In a copy
 * of an earlier state the same line or loan gets the id that was sent with it before, so that Safaricom refuses to pay it again.
 */
const PAID_FOR = sql`coalesce(
  (select 'line:' || l.id from bulk_lines l where l.payout_id = p.id),
  case when p.kind = 'loan' then 'loan:' || p.subject_id || ':' || (select count(*) from payouts o where o.kind = 'loan' and o.subject_id = p.subject_id and o.id <> p.id
    and o.portal_receipt is null and exists (select from withdrawals sent where sent.payout_id = o.id)) end,
  'payout:' || p.id)`;

/** The OriginatorConversationID of a part of payout `p`: a UUIDv8, made of what it pays. */
const requestIdSql = (part: SQL): SQL =>
  sql`overlay(overlay(md5('withdrawal:' || ${PAID_FOR} || ':' || ${part}) placing '8' from 13) placing '8' from 17)::uuid`;

/**
 * Statements that make the parts of approved payouts, reserve the money of each in the ledger, and promise its dispatch. `which` is a
 * condition on `p`, a payout; bank transfers have no parts. Payouts of a bulk are sent after all others that are due.
 */
export const reservePartsSql = (which: SQL, { now, urgency = 0 }: { now: Date; urgency?: 0 | 1 }): SQL[] => [
  sql`insert into withdrawals (id, payout_id, part, amount_cents, state)
    select ${requestIdSql(sql`part`)}, p.id, part, cents, 'reserved' from payouts p, unnest(p.parts_cents) with ordinality as t(cents, part)
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
