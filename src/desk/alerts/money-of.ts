import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { kes } from '#ground/money/cents.ts';

/** The kinds that are about one movement of money, by its id. */
const ABOUT_MONEY = /^(attempt|deposit|evidence|payout|receipt|refund|reversal|surplus|taken|underpaid|unidentified)_/;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const Money = z.object({ cents: bigintText, receipt: z.string().nullable(), reference: z.string().nullable() });

/** The money that a task is about, as a sentence: its amount, and its M-PESA code and our reference as far as they are known. Three look-ups by their key. */
export async function readMoneyOf(db: Db, kind: string, subject: string): Promise<string | null> {
  if (!ABOUT_MONEY.test(kind) || !UUID.test(subject)) return null;
  const [money] = await readRows(
    db,
    Money,
    sql`
    select d.amount_cents as cents, d.receipt, p.reference from deposits d left join payments p on p.id = d.payment_id where d.id = ${subject}::uuid
    union all select a.amount_cents, a.receipt, p.reference from attempts a join payments p on p.id = a.payment_id where a.id = ${subject}::uuid
    union all select w.amount_cents, w.receipt, o.reference from withdrawals w join payouts o on o.id = w.payout_id where w.id = ${subject}::uuid
    union all select o.amount_cents, null, o.reference from payouts o where o.id = ${subject}::uuid`,
  );
  return money ? `${[kes(money.cents), money.receipt, money.reference].filter(Boolean).join(', ')}.` : null;
}
