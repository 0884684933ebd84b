import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';
import type { Differences } from './compare-standing.ts';

/** The loan's new state, and the day up to which its penalties are recomputed. */
export type LeftAs = { loanId: string; state: 'active' | 'closed'; workedOutTo: string; now: Date };

/** Writes the changes of a loan in one statement: paid parts, penalties, repayments, its state. The loan is locked. */
export async function writeDifferences(tx: Tx, found: Differences, { loanId, state, workedOutTo, now }: LeftAs): Promise<void> {
  const loan = sql`${loanId}::uuid`;
  const at = sql`${now.toISOString()}::timestamptz`;
  const penalties = [...found.charged, ...found.changed.map(({ after }) => after)];
  await tx.execute(sql`
  with instalment as (
    update instalments i set paid_principal_cents = n.principal, paid_interest_cents = n.interest, paid_fee_cents = n.fee, forgiven_cents = n.forgiven
    from unnest(${column(found.instalments, 'number')}::int[], ${column(found.instalments, 'paidPrincipalCents')}::bigint[], ${column(found.instalments, 'paidInterestCents')}::bigint[],
      ${column(found.instalments, 'paidFeeCents')}::bigint[], ${column(found.instalments, 'forgivenCents')}::bigint[]) as n(number, principal, interest, fee, forgiven)
    where i.loan_id = ${loan} and i.number = n.number
  ), penalty as (
    insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, paid_cents, waived_cents, recorded_at)
    select ${loan}, n.*, ${at}
    from unnest(${column(penalties, 'number')}::int[], ${column(penalties, 'period')}::int[], ${column(penalties, 'chargedOn')}::date[], ${column(penalties, 'days')}::int[],
      ${column(penalties, 'baseCents')}::bigint[], ${column(penalties, 'amountCents')}::bigint[], ${column(penalties, 'paidCents')}::bigint[], ${column(penalties, 'waivedCents')}::bigint[]) as n
    on conflict (loan_id, number, period) do update set days = excluded.days, charged_on = excluded.charged_on, base_cents = excluded.base_cents,
      amount_cents = excluded.amount_cents, paid_cents = excluded.paid_cents, waived_cents = excluded.waived_cents
  ), repayment as (
    update repayments r set amount_cents = n.amount, excess_cents = n.excess, penalty_cents = n.penalty, fee_cents = n.fee, interest_cents = n.interest,
      principal_cents = n.principal
    from unnest(${column(found.repayments, 'id')}::uuid[], ${column(found.repayments, 'amountCents')}::bigint[], ${column(found.repayments, 'excessCents')}::bigint[],
      ${column(found.repayments, 'penaltyCents')}::bigint[], ${column(found.repayments, 'feeCents')}::bigint[], ${column(found.repayments, 'interestCents')}::bigint[],
      ${column(found.repayments, 'principalCents')}::bigint[]) as n(id, amount, excess, penalty, fee, interest, principal)
    where r.id = n.id
  )
  update loans set state = ${state}, worked_out_to = ${workedOutTo}::date,
    closed_at = case when ${state} = 'active' then null when state = 'active' then ${at} else closed_at end
  where id = ${loan}`);
}

const column = <T extends Record<string, unknown>>(rows: readonly T[], name: keyof T & string) =>
  sql.param(rows.map((row) => String(row[name])));
