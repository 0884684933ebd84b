import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../db/types.ts';
import { nextMorning, promiseDigestsSql } from '../notify/promise-digests.ts';
import type { Progress } from '../runs/run-chunks.ts';
import { moveOnSql, nextLoansSql, type Piece, readProgress } from './next-loans.ts';
import { closeGateSql } from './penalty-gate.ts';

/**
 * Charges the penalties of the next loans of a run, promises the digests that tell of them and moves the run on, in one transaction and one round trip. What it
 * charges is what `workOut` charges, to the cent: between two events of a loan the room under its limits never grows, so that sums over earlier penalties say it all.
 */
export async function penaliseChunk(db: Db, piece: Piece): Promise<Progress> {
  const [, done] = await db.batch([db.execute(closeGateSql()), db.execute(penaliseSql(piece))]);
  return readProgress(done.rows);
}

const penaliseSql = (piece: Piece): SQL => sql`
  with ${nextLoansSql(piece)},
  late as (
    select c.id as loan_id, i.number, k.period, d.charged_on, d.charged_on - i.due_on as days, i.unpaid_cents as base_cents,
      case p.penalty_kind when 'fixed' then p.penalty_cents else (i.unpaid_cents * p.penalty_basis_points + 5000) / 10000 end as raw_cents,
      case when p.penalty_cap_basis_points is not null then c.principal_cents * p.penalty_cap_basis_points / 10000 end as cap_cents, p.in_duplum
    from chunk c join loan_products p on p.id = c.product_id and p.penalty_kind <> 'none'
    cross join lateral (
      select number, due_on, unpaid_cents, ${piece.asOf}::date - due_on - p.grace_days - 1 as days_to_run, c.worked_out_to - due_on - p.grace_days - 1 as days_seen
      from instalments where loan_id = c.id and unpaid_cents > 0 and due_on < ${piece.asOf}::date - p.grace_days offset 0
    ) i
    cross join lateral generate_series(
      greatest(i.days_seen, 0) / (case p.period when 'week' then 7 else 31 end) + 1,
      case p.penalty_frequency when 'once' then 1 else i.days_to_run / (case p.period when 'week' then 7 else 28 end) + 1 end) k (period)
    cross join lateral (
      select case p.period when 'week' then i.due_on + 7 * (k.period - 1) else (i.due_on + make_interval(months => k.period - 1))::date end + p.grace_days + 1 as charged_on
    ) d
    where d.charged_on > c.worked_out_to and d.charged_on <= ${piece.asOf}::date
      and not exists (select from penalties x where x.loan_id = c.id and x.number = i.number and x.period = k.period)
  ), limited as (
    select l.*, least(l.cap_cents - s.charged_cents, case when l.in_duplum then u.principal_cents - u.interest_cents - s.unpaid_cents end)
      - coalesce(sum(l.raw_cents) over (partition by l.loan_id order by l.charged_on, l.number rows between unbounded preceding and 1 preceding), 0) as room_cents
    from late l
    cross join lateral (
      select coalesce(sum(amount_cents - waived_cents), 0) as charged_cents, coalesce(sum(amount_cents - paid_cents - waived_cents), 0) as unpaid_cents
      from penalties where loan_id = l.loan_id
    ) s
    cross join lateral (
      select sum(principal_cents - paid_principal_cents) as principal_cents,
        coalesce(sum(interest_cents - paid_interest_cents - forgiven_cents) filter (where due_on < l.charged_on), 0) as interest_cents
      from instalments where loan_id = l.loan_id
    ) u
  ), written as (
    insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, recorded_at)
    select loan_id, number, period, charged_on, days, base_cents, least(raw_cents, room_cents), ${piece.now.toISOString()}::timestamptz
    from limited where least(raw_cents, room_cents) > 0
    on conflict do nothing
    returning loan_id
  ), told as (${promiseDigestsSql({ from: sql`written w join chunk c on c.id = w.loan_id`, ...nextMorning(piece.now) })}),
  ${moveOnSql(piece)}`;
