import type pg from 'pg';
import { addDays, type Day } from '#ground/time/nairobi.ts';

/** The day that the benchmarks take for today: a Monday. */
export const TODAY: Day = '2026-11-30';

/** What is in the tables, in words. */
export const describeLoans = (count: number): string =>
  `${count.toLocaleString('en')} active loans of as many members, 10 weekly instalments each, three products; every loan is overdue in its first instalment, due 1 to 7 days ago, without a penalty yet; every member has a verified phone, every tenth an e-mail`;

const uuid = (kind: string, n: string) => `('01930000-0000-7000-800${kind}-' || lpad(to_hex(${n}), 12, '0'))::uuid`;

/** Fills an empty, migrated database. Personal data is not read here and holds nothing. */
export async function fillLoans(client: pg.Client, count: number): Promise<void> {
  const at = `'2026-09-01T00:00:00Z'::timestamptz`;
  const statements = [
    `insert into people (id, phone, phone_hash, name, email, role, phone_verified_at, created_at)
      select ${uuid('1', 'n')}, '', 'phone:' || n, '', case when n % 10 = 0 then '' end, 'member', ${at}, ${at} from generate_series(1, $1::int) n`,
    `insert into members (id, person_id, national_id, national_id_hash, born_on, language, joined_at)
      select ${uuid('2', 'n')}, ${uuid('1', 'n')}, '', 'id:' || n, '', 'en', ${at} from generate_series(1, $1::int) n`,
    `insert into loan_products (id, code, name, method, period, instalments, interest_basis_points, fee_cents, fee_basis_points, fee_charged, grace_days,
        penalty_kind, penalty_cents, penalty_basis_points, penalty_frequency, penalty_cap_basis_points, in_duplum, allocation_order, excess, early_settlement,
        min_cents, max_cents, created_at)
      select ${uuid('3', 'n')}, 'P' || n, '', 'flat', 'week', 10, 500, 0, 0, 'deducted', 0, case when n = 1 then 'fixed' else 'percent' end, 10000, 500 * n, 'per_period',
        case when n > 1 then 1000 * n end, true, '{penalty,fee,interest,principal}', 'instalment', 'all_interest', 10000, 100000000, ${at}
      from generate_series(1, 3) n where $1::int > 0`,
    `insert into loans (id, reference, member_id, product_id, principal_cents, fee_cents, state, applied_at, disbursed_on, worked_out_to)
      select ${uuid('4', 'n')}, 'LN-' || n, ${uuid('2', 'n')}, ${uuid('3', '1 + n % 3')}, 1000000 + n % 100 * 10000, 0, 'active', ${at}, day, day
      from generate_series(1, $1::int) n cross join lateral (select '${addDays(TODAY, -8)}'::date - n % 7 as day) d`,
    `insert into instalments (loan_id, number, due_on, principal_cents, interest_cents, fee_cents)
      select l.id, number, l.disbursed_on + 7 * number, l.principal_cents / 10, l.principal_cents / 20, 0 from loans l cross join generate_series(1, 10) number
      where $1::int > 0 order by l.id, number`,
  ];
  await client.query('set session_replication_role = replica'); // the rows fit together: checking ten million of them takes minutes
  for (const statement of statements) await client.query(statement, [count]);
  await client.query('reset session_replication_role');
  await client.query('vacuum analyze');
}
