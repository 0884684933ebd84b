import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { shownStateSql } from '../loans/shown-state.ts';

const Dues = z.object({
  loanId: z.uuid(),
  reference: z.string(),
  state: z.string(),
  /** All that is unpaid, the part that is due, and the penalties in both: they are due at once. */
  balanceCents: bigintText,
  dueCents: bigintText,
  penaltyCents: bigintText,
  /** The due day of the oldest instalment that is due and not paid. */
  dueSince: z.string().nullable(),
  /** The first instalment that is to be paid later; `begun` when a part of it is paid. */
  next: z.object({ number: z.number(), dueOn: z.string(), unpaidCents: bigintText, begun: z.boolean() }).nullable(),
});

/** How a loan stands for its borrower, as it was last computed. */
export type Dues = z.output<typeof Dues>;

/** How loans stand on a day, oldest first. `which` is a condition on `loans l`. */
export const readDues = (db: Reader, which: SQL, on: Day): Promise<Dues[]> =>
  readRows(
    db,
    Dues,
    sql`
    select l.id as loan_id, l.reference, ${shownStateSql} as state, i.all_cents + p.cents as balance_cents, i.due_cents + p.cents as due_cents, p.cents as penalty_cents,
      i.since::text as due_since, n.next
    from loans l
    cross join lateral (
      select coalesce(sum(unpaid_cents), 0) as all_cents, coalesce(sum(unpaid_cents) filter (where due_on <= ${on}::date), 0) as due_cents,
        min(due_on) filter (where due_on <= ${on}::date and unpaid_cents > 0) as since
      from instalments where loan_id = l.id
    ) i
    cross join lateral (select coalesce(sum(amount_cents - paid_cents - waived_cents), 0) as cents from penalties where loan_id = l.id) p
    left join lateral (
      select jsonb_build_object('number', number, 'dueOn', due_on, 'unpaidCents', unpaid_cents::text,
        'begun', paid_principal_cents + paid_interest_cents + paid_fee_cents > 0) as next
      from instalments where loan_id = l.id and due_on > ${on}::date and unpaid_cents > 0 order by number limit 1
    ) n on true
    where ${which} order by l.applied_at, l.id`,
  );
