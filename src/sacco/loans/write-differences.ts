import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { LoanStanding, StandingPenalty } from './math/terms.ts';
import type { KeptLoan, KeptRepayment } from './read-history.ts';
import { PARTS, type Parts, partsOf } from './repayment-parts.ts';

/**
 * What has to be written to bring the tables up to the computed standing. `moved` says by how much each part of the repayments grows; it is negative where the
 * part shrinks.
 */
export type Differences = {
  instalments: KeptLoan['instalments'];
  charged: StandingPenalty[];
  changed: { before: StandingPenalty; after: StandingPenalty }[];
  repayments: KeptRepayment[];
  moved: Parts;
};

/**
 * Compares the computed standing of a loan with its tables. A penalty that no longer applies stays, as zero; what a repayment pays beyond
 * what is owed goes to savings.
 */
export function compareStanding(kept: KeptLoan, standing: LoanStanding): Differences {
  const found: Differences = {
    ...{ instalments: [], charged: [], changed: [], repayments: [] },
    moved: { penalty: 0n, fee: 0n, interest: 0n, principal: 0n, savings: 0n },
  };
  const instalments = new Map(standing.instalments.map((one) => [one.number, one]));
  for (const before of kept.instalments) {
    const after = { ...before, ...instalments.get(before.number) };
    if (differ(before, after)) found.instalments.push(after);
  }
  const penalties = new Map(standing.penalties.map((one) => [`${one.number} ${one.period}`, one]));
  for (const before of kept.penalties) {
    const key = `${before.number} ${before.period}`;
    const after = penalties.get(key) ?? { ...before, amountCents: 0n, paidCents: 0n, waivedCents: 0n };
    if (differ(before, after)) found.changed.push({ before, after });
    penalties.delete(key);
  }
  found.charged.push(...penalties.values());
  const repayments = new Map(standing.repayments.map((one) => [one.id, one]));
  for (const before of kept.repayments) {
    const paid = repayments.get(before.id);
    if (!paid) throw new Error('A repayment was not worked out.');
    const { penaltyCents, feeCents, interestCents, principalCents } = paid;
    const amountCents = penaltyCents + feeCents + interestCents + principalCents;
    const excessCents = before.amountCents + before.excessCents - amountCents; // amount and excess always add up to what was received
    const after = { ...before, amountCents, excessCents, penaltyCents, feeCents, interestCents, principalCents };
    if (!differ(before, after)) continue;
    found.repayments.push(after);
    const [was, is] = [partsOf(before), partsOf(after)];
    for (const part of PARTS) found.moved[part] += is[part] - was[part];
  }
  return found;
}

type Row = Record<string, unknown>;

const differ = <T extends Row>(before: T, after: Row): boolean => Object.keys(before).some((key) => before[key] !== after[key]);

/** The loan's new state, and the day up to which its penalties are recomputed. */
export type LeftAs = { loanId: string; state: 'active' | 'closed'; workedOutTo: string; now: Date };

/** Writes the changes of a loan in one statement: paid parts, penalties, repayments, its state. The loan is locked. */
export async function writeDifferences(tx: Tx, found: Differences, { loanId, state, workedOutTo, now }: LeftAs): Promise<void> {
  const loan = sql`${loanId}::uuid`;
  const at = instantSql(now);
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
