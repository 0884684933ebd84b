import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { reminds } from './reminded-days.ts';

const Reminder = z.object({
  loanId: z.uuid(),
  reference: z.string(),
  number: z.number(),
  dueOn: z.string(),
  /** What is unpaid of the instalment, and of its penalties. */
  unpaidCents: bigintText,
  penaltyCents: bigintText,
});
export type Reminder = z.output<typeof Reminder>;

/** The instalments that a member is reminded of on a day, of all their active loans, oldest first. */
export async function readReminders(db: Reader, memberId: string, on: Day): Promise<Reminder[]> {
  const open = await readRows(
    db,
    Reminder,
    sql`
  select l.id as loan_id, l.reference, i.number, i.due_on::text, i.unpaid_cents, p.unpaid as penalty_cents
  from loans l join instalments i on i.loan_id = l.id
  cross join lateral (
    select coalesce(sum(amount_cents - paid_cents - waived_cents), 0)::bigint as unpaid from penalties where loan_id = i.loan_id and number = i.number) p
  where l.member_id = ${memberId}::uuid and l.state = 'active' and (i.unpaid_cents > 0 or p.unpaid > 0)
  order by i.due_on, l.id, i.number`,
  );
  return open.filter(({ dueOn }) => reminds(dueOn, on));
}
