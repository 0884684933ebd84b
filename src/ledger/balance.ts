import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';

const Balance = z.object({ account: z.string(), balanceCents: bigintText });

/** The balance of every account in cents, summed from the transfers: assets and expenses grow by debit, the others by credit. */
export async function balances(db: Reader): Promise<Record<string, bigint>> {
  const rows = await readRows(
    db,
    Balance,
    sql`
    select a.id as account,
      coalesce(sum(case when (t.debit_account = a.id) = (a.kind in ('asset', 'expense')) then t.amount_cents else -t.amount_cents end), 0) as "balanceCents"
    from accounts a left join transfers t on a.id in (t.debit_account, t.credit_account)
    group by a.id`,
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.balanceCents]));
}
