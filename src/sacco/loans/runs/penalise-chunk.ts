import { type SQL, sql } from 'drizzle-orm';
import { gaveUpWaiting } from '#ground/db/errors.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { Progress } from '#ground/runs/run-chunks.ts';
import { nextMorning, promiseDigestsSql } from '../../members/promise-notice.ts';
import { closeGateSql } from '../lock-loan.ts';
import { chunkSettings, moveOnSql, nextLoansSql, type Piece, readProgress } from './next-loans.ts';

/**
 * Charges the penalties of the next loans of a run, promises their digests and advances the run, in one transaction and one round trip. It
 * charges what math/charge-penalties.ts charges, to the cent (change both): between two events of a loan the room under its limits never grows, so sums over earlier
 * penalties are enough. Does nothing when somebody held the gate for too long.
 */
export async function penaliseChunk(db: Db, piece: Piece): Promise<Progress | undefined> {
  try {
    const [, , done] = await db.batch([db.execute(chunkSettings), db.execute(closeGateSql()), db.execute(penaliseSql(piece))]);
    return readProgress(done.rows);
  } catch (error) {
    if (gaveUpWaiting(error)) return undefined;
    throw error;
  }
}

const penaliseSql = (piece: Piece): SQL => sql`
  with ${nextLoansSql(piece)},
  lent as materialized (
    select c.id, c.principal_cents, c.worked_out_to, p.period as step, p.grace_days, p.penalty_kind, p.penalty_cents, p.penalty_basis_points, p.penalty_frequency,
      p.penalty_cap_basis_points, p.in_duplum
    from chunk c join loan_products p on p.id = c.product_id where p.penalty_kind <> 'none'
  ), overdue as (
    select l.*, i.loan_id, i.number, i.due_on, i.unpaid_cents,
      generate_series(greatest(l.worked_out_to - i.due_on - l.grace_days - 1, 0) / case l.step when 'week' then 7 else 31 end + 1,
        case l.penalty_frequency when 'once' then 1 else (${piece.asOf}::date - i.due_on - l.grace_days - 1) / case l.step when 'week' then 7 else 28 end + 1 end) as period
    from lent l join instalments i on i.loan_id = l.id
    where i.loan_id > (select cursor from place) and i.loan_id <= (select id from last) and i.unpaid_cents > 0
      and i.due_on < ${piece.asOf}::date and i.due_on < ${piece.asOf}::date - l.grace_days
  ), late as materialized (
    select o.*, d.charged_on,
      case o.penalty_kind when 'fixed' then o.penalty_cents else (o.unpaid_cents * o.penalty_basis_points + 5000) / 10000 end as raw_cents,
      o.principal_cents * o.penalty_cap_basis_points / 10000 as cap_cents
    from overdue o cross join lateral (
      select case o.step when 'week' then o.due_on + 7 * (o.period - 1) else (o.due_on + make_interval(months => o.period - 1))::date end + o.grace_days + 1 as charged_on
    ) d
    where d.charged_on > o.worked_out_to and d.charged_on <= ${piece.asOf}::date and not exists (
      select from penalties x where x.loan_id > (select cursor from place) and x.loan_id <= (select id from last)
        and x.loan_id = o.loan_id and x.number = o.number and x.period = o.period)
  ), limited as (
    select l.*, least(l.cap_cents - s.charged_cents, case when l.in_duplum then u.principal_cents - u.interest_cents - s.unpaid_cents end)
      - coalesce(sum(l.raw_cents) over (partition by l.loan_id order by l.charged_on, l.number rows between unbounded preceding and 1 preceding), 0) as room_cents
    from late l
    cross join lateral (
      select coalesce(sum(amount_cents - waived_cents), 0) as charged_cents, coalesce(sum(amount_cents - paid_cents - waived_cents), 0) as unpaid_cents
      from penalties where loan_id = l.loan_id offset 0
    ) s
    cross join lateral (
      select sum(principal_cents - paid_principal_cents) as principal_cents,
        coalesce(sum(interest_cents - paid_interest_cents - forgiven_cents) filter (where due_on < l.charged_on), 0) as interest_cents
      from instalments where loan_id = l.loan_id and l.in_duplum offset 0
    ) u
  ), written as (
    insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, recorded_at)
    select loan_id, number, period, charged_on, charged_on - due_on, unpaid_cents, least(raw_cents, room_cents), ${instantSql(piece.now)}
    from limited where least(raw_cents, room_cents) > 0
    on conflict do nothing
    returning loan_id
  ), told as (${promiseDigestsSql({ from: sql`written w join chunk c on c.id = w.loan_id`, ...nextMorning(piece.now) })}),
  ${moveOnSql(piece)}`;
