import { type SQL, sql } from 'drizzle-orm';
import type { Day } from '#ground/time/nairobi.ts';

/** A penalty by its key. */
type Penalty = { loanId: string; number: number; period: number };

/** Statements of a batch that keep that penalties were explained to their borrower on a day. The loans' rows are locked first, as by whoever changes their penalties. */
export function markExplainedSql(penalties: readonly Penalty[], on: Day): SQL[] {
  const column = <T>(pick: (penalty: Penalty) => T) => sql.param(penalties.map(pick));
  const loanIds = sql`${column(({ loanId }) => loanId)}::uuid[]`;
  return [
    sql`select from loans where id = any(${loanIds}) order by id for no key update`,
    sql`
    update penalties p set told_on = ${on}::date
    from unnest(${loanIds}, ${column(({ number }) => number)}::int[], ${column(({ period }) => period)}::int[]) t (loan_id, number, period)
    where p.loan_id = t.loan_id and p.number = t.number and p.period = t.period and p.told_on is null`,
  ];
}
