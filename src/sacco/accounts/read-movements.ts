import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { savingsAccount } from '#books/ledger/accounts.ts';
import type { Cursor } from '#ground/db/page-cursor.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { depositOfSql, toldOfSavingsSql } from '../loans/told-part.ts';

const Movement = z.object({
  key: z.uuid(),
  bookedAt: instant,
  /** When M-PESA moved the money, where it did. */
  paidAt: instant.nullable(),
  kind: z.string(),
  cents: bigintText,
  balanceCents: bigintText,
  receipt: z.string().nullable(),
  proved: z.boolean(),
});

const Account = z.object({
  reference: z.string(),
  kind: z.string(),
  language: z.enum(LANGUAGES),
  openingCents: bigintText,
  /** The part of the closing balance that is not proved yet: it is shown, but cannot leave the account. */
  toldCents: bigintText,
  /** How many there are in all, of those days. */
  total: bigintText,
  movements: z.array(Movement),
});

/** Some movements of an account, oldest first, with the balance after each, and the balance before them. */
export type Movements = z.output<typeof Account>;

/**
 * Which movements: of one account, if `visible` (a condition on the person `p`) holds; booked from `from` on and before `until`; after `cursor`, where the page
 * before ended.
 */
export type Wanted = {
  accountId: string;
  visible: SQL;
  from: Date;
  until: Date;
  cursor?: z.output<typeof Cursor> | undefined;
  limit: number;
  /** How many of them a numbered page begins after. */
  skipped: number;
};

/**
 * Movements of a member's account: all transfers of one event are one movement. Returns nothing when there is no such account or the caller may not see it. The
 * balance is summed from the first transfer on, so that every page agrees with the ledger. One round trip.
 */
export async function readMovements(
  db: Reader,
  { accountId, visible, from, until, cursor, limit, skipped }: Wanted,
): Promise<Movements | undefined> {
  const ledgerId = savingsAccount(accountId); // a value, not a join: savings have partial indexes of their own, and for a join the planner would read all transfers, as most accounts have few and some have most
  const begin = sql`(${instantSql(cursor?.createdAt ? new Date(cursor.createdAt) : from)}, ${cursor?.id ?? ''}::text)`;
  const order = sql`order by booked_at, key`;
  const [account] = await readRows(
    db,
    Account,
    sql`
    with account as (
      select a.kind, a.reference, m.language
      from member_accounts a join members m on m.id = a.member_id join people p on p.id = m.person_id where a.id = ${accountId}::uuid and ${visible}
    ), event as (
      select min(t.id::text) as key, t.booked_at, t.kind, t.source_id, sum(case when t.credit_account = ${ledgerId} then t.amount_cents else -t.amount_cents end) as cents
      from transfers t
      where (t.credit_account = ${ledgerId} and t.credit_account like 'savings:%' or t.debit_account = ${ledgerId} and t.debit_account like 'savings:%') and t.booked_at < ${instantSql(until)}
        and exists (select from account)
      group by t.booked_at, t.kind, t.source_id
    ), running as (
      select *, sum(cents) over (${order}) as balance from event where cents <> 0
    ), page as (
      select * from running where (booked_at, key) > ${begin} ${order} limit ${limit} offset ${skipped}
    ), earlier as (
      (select * from running where (booked_at, key) <= ${begin}) union all (select * from running where (booked_at, key) > ${begin} ${order} limit ${skipped})
    )
    select a.reference, a.kind, a.language,
      coalesce((select r.balance from earlier r order by r.booked_at desc, r.key desc limit 1), 0)::text as opening_cents,
      (select count(*) from running r where r.booked_at >= ${instantSql(from)}) as total,
      coalesce((select jsonb_agg(jsonb_build_object('key', e.key, 'bookedAt', e.booked_at, 'paidAt', d.moved_at, 'kind', e.kind, 'cents', e.cents::text, 'balanceCents', e.balance::text,
        'receipt', d.receipt, 'proved', d.id is null or d.confirmed_at is not null) order by e.booked_at, e.key)
        from page e left join lateral ${depositOfSql(sql`e.source_id`)} d on true), '[]') as movements,
      (select t.told_cents + t.pushed_cents from (${toldOfSavingsSql(ledgerId, until)}) t)::text as told_cents
    from account a`,
  );
  return account;
}
