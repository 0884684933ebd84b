import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import type { AccountId } from './accounts.ts';

const Balance = z.object({ account: z.string(), balanceCents: bigintText });

/** The balance of every account in cents, its parts included, summed from the transfers: assets and expenses grow by debit, the others by credit. */
export async function balances(db: Reader): Promise<Record<string, bigint>> {
  const rows = await readRows(
    db,
    Balance,
    sql`
    select coalesce(a.parent, a.id) as account,
      coalesce(sum(case when (t.debit_account = a.id) = (a.kind in ('asset', 'expense')) then t.amount_cents else -t.amount_cents end), 0) as "balanceCents"
    from accounts a left join transfers t on a.id in (t.debit_account, t.credit_account)
    group by 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.balanceCents]));
}

/** What stands on an account and its parts as a fragment, in cents, debits less credits. */
export const heldSql = (account: AccountId | SQL): SQL => sql`(
  coalesce((select sum(t.amount_cents) from accounts a join transfers t on t.debit_account = a.id where ${account} in (a.id, a.parent)), 0)
  - coalesce((select sum(t.amount_cents) from accounts a join transfers t on t.credit_account = a.id where ${account} in (a.id, a.parent)), 0))`;

/** The balance of one account in cents, now or just before a moment. Where it limits a spend, lock the account in an earlier statement. */
export async function balanceOf(db: Reader, account: AccountId, before?: Date): Promise<bigint> {
  const until = sql`${before?.toISOString() ?? null}::timestamptz`;
  const [row] = await readRows(
    db,
    z.object({ balanceCents: bigintText }),
    sql`
    select coalesce(sum(case when (t.debit_account = ${account}) = (a.kind in ('asset', 'expense')) then t.amount_cents else -t.amount_cents end), 0) as "balanceCents"
    from accounts a, transfers t
    where a.id = ${account} and ${account} in (t.debit_account, t.credit_account) and (${until} is null or t.booked_at < ${until})`,
  );
  return row?.balanceCents ?? 0n;
}
