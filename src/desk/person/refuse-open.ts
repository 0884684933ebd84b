import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { IS_DEAD } from '#ground/outbox/dead-letters.ts';
import { leftInSuspenseSql, surplusLeftSql } from '#mpesa/payouts/left-of-deposit.ts';
import { allIds, type Found, texts, uuids } from './holding.ts';
import { aboutSql, TELLING } from './silence-person.ts';

/** How long after a prompt M-PESA may still tell of money that it brought: lists are pulled for two days. */
const QUIET_DAYS = 3;

type Reason = { says: string; doFirst: string; which: (found: Found, now: Date) => SQL };

/** What keeps a person from being anonymised. Each statement yields the `name` of what is open. */
const REASONS: readonly Reason[] = [
  {
    says: 'They are staff, and may sign in',
    doFirst: 'shut them out (POST /api/people/<id>/disable)',
    which: ({ personId }) =>
      sql`select id::text as name from people where id = ${personId}::uuid and role <> 'member' and disabled_at is null`,
  },
  {
    says: 'Loans are open',
    doFirst: 'close, reject or withdraw each, or wait until it is paid off',
    which: ({ ids }) =>
      sql`select reference as name from loans where id = ${uuids(ids.loans)} and state in ('submitted', 'approved', 'disbursing', 'active')`,
  },
  {
    says: 'There is money in their savings',
    doFirst: 'pay it out, so that the balance is 0',
    which: ({ ids }) => sql`
      select a.reference as name from member_accounts a where a.id = ${uuids(ids.accounts)} and
        coalesce((select sum(t.amount_cents) from transfers t where t.credit_account = 'savings:' || a.id), 0)
        <> coalesce((select sum(t.amount_cents) from transfers t where t.debit_account = 'savings:' || a.id), 0)`,
  },
  {
    says: 'A prompt waits for its end, or M-PESA may still tell of its money',
    doFirst: `wait until ${QUIET_DAYS} days after the last prompt`,
    which: ({ ids }, now) => sql`
      select p.reference as name from attempts a join payments p on p.id = a.payment_id where a.id = ${uuids(ids.attempts)}
        and (a.live or a.state in ('requested', 'pending', 'unknown') or a.created_at > ${instantSql(now)} - ${QUIET_DAYS}::int * interval '1 day')`,
  },
  {
    says: 'Money of theirs is not proved or not booked',
    doFirst: 'wait for M-PESA’s proof, or sign the statement that has it (docs/operations.md)',
    which: ({ ids }) => sql`
      select coalesce(receipt, id::text) as name from deposits where id = ${uuids(ids.deposits)} and merged_into is null and taken_back_at is null
        and (allocated_at is null or confirmed_at is null)`,
  },
  {
    says: 'We hold money of theirs that pays for nothing',
    doFirst: 'match it to what it pays, or refund it',
    which: ({ ids }) => sql`
      select coalesce(d.receipt, d.id::text) as name from deposits d where d.id = ${uuids(ids.deposits)}
        and (${leftInSuspenseSql(sql`d.id`)} > 0 or ${surplusLeftSql(sql`d.id`)} > 0)`,
  },
  {
    says: 'Money is on its way to them, or waits to be decided',
    doFirst: 'approve or decline it, and wait until it is paid',
    which: ({ ids, phoneHashes }) => sql`
      select o.reference as name from payouts o where o.id = ${uuids(ids.payouts)} and (o.state in ('requested', 'approved', 'partly_paid')
        or exists (select from withdrawals w where w.payout_id = o.id and w.state in ('reserved', 'dispatched', 'unknown')))
      union all select b.reference || ', line ' || l.line from bulk_lines l join bulk_payouts b on b.id = l.bulk_id
        where l.phone_hash = ${texts(phoneHashes)} and l.payout_id is null and l.cancelled_at is null and b.state in ('requested', 'approved', 'started')`,
  },
  {
    says: 'A booking is not decided',
    doFirst: 'release or refund its fee, or let it expire',
    which: ({ ids }) => sql`
      select p.reference as name from bookings b join payments p on p.id = b.id where b.id = ${uuids(ids.bookings)} and b.state in ('created', 'held', 'disputed')`,
  },
  {
    says: 'Something of theirs waits for a second person',
    doFirst: 'decide it',
    which: ({ ids }) => sql`
      select 'waiver ' || id as name from waivers where id = ${uuids(ids.waivers)} and state = 'requested'
      union all select 'receipt ' || receipt from recorded_receipts where id = ${uuids(ids.recorded)} and state = 'asked'
      union all select 'entry ' || id from float_entries where state = 'asked'
        and (deposit_id = ${uuids(ids.deposits)} or payment_id = ${uuids(ids.payments)} or loan_id = ${uuids(ids.loans)} or booking_id = ${uuids(ids.bookings)})`,
  },
  {
    says: 'Safaricom was asked about their money, and has not answered',
    doFirst: 'wait for the answer',
    which: ({ ids }) => sql`select receipt as name from inquiries where id = ${uuids(ids.inquiries)} and state = 'asked'`,
  },
  {
    says: 'A statement with their money is not done',
    doFirst: 'sign or discard it (GET /api/statements)',
    which: ({ phoneHashes, receipts }) => sql`
      select distinct s.file_name as name from statement_lines l join statements s on s.id = l.statement_id
      where (l.payer_hash = ${texts(phoneHashes)} or l.receipt = ${texts(receipts)}) and s.state not in ('done', 'refused', 'discarded', 'withdrawn')`,
  },
  {
    says: 'An invoice has no number yet',
    doFirst: 'wait for the next minute, which numbers it',
    which: ({ ids }) => sql`select id::text as name from invoices where id = ${uuids(ids.invoices)} and sequence is null`,
  },
  {
    says: 'The books have to follow what happened to their money',
    doFirst: 'wait for the next minute, which does it',
    which: (found) => sql`
      select o.message ->> 'kind' as name from outbox o where o.sent_at is null and o.dead_at is null and ${aboutSql(found)}
        and not o.message ->> 'kind' = ${texts(TELLING)}`,
  },
  {
    says: 'A message about them was given up',
    doFirst: 'retry or discard it (GET /api/dead-letters)',
    which: (found) => sql`select o.message ->> 'kind' || ' ' || o.id as name from outbox o where ${IS_DEAD} and ${aboutSql(found)}`,
  },
  {
    says: 'Open tasks are about them',
    doFirst: 'do each (GET /api/tasks/<id> says how)',
    which: (found) => sql`select kind || ' ' || id as name from reviews where closed_at is null and subject = ${texts(allIds(found))}`,
  },
];

/** One reason why a person cannot be anonymised now. */
export type Open = { says: string; doFirst: string; which: string[] };

/** Everything that is open with a person, and what to do about it first. */
export async function findOpen(db: Reader, found: Found, now: Date): Promise<Open[]> {
  const open: Open[] = [];
  for (const { says, doFirst, which } of REASONS) {
    const rows = await readRows(db, z.object({ name: z.string() }), which(found, now));
    if (rows.length > 0) open.push({ says, doFirst, which: rows.map(({ name }) => name) });
  }
  return open;
}
