import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instantSql, rowOf, rowsOf } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';

const BATCH = 20_000;

const Passed = z.object({ passed: bigintText });
const Differs = z.object({ account: z.string(), keptCents: bigintText, summedCents: bigintText });

/**
 * Moves the checkpoints of all accounts up over the transfers that no running transaction can still precede, some thousand at a time, until none is left or
 * `deadline` has come. Makes checkpoints where there are none. Safe at any frequency and at the same time as itself.
 */
export async function moveCheckpoints({ db, clock }: Pick<Ground, 'db' | 'clock'>, deadline: Date): Promise<{ passed: number }> {
  let passed = 0;
  while (clock.now() < deadline) {
    const [moved] = await db.batch([db.execute(sql`select move_checkpoints_1(${BATCH}::int) as passed`)]); // a batch: it has more time than a single statement
    const some = Number(rowOf(Passed, moved.rows).passed);
    passed += some;
    if (some < BATCH) break;
  }
  return { passed };
}

/** Once a day: compares every balance with the sum over all transfers. If one differs, checkpoints are not used until a person has closed the task. */
export async function compareBalances({ db, clock, log }: Pick<Ground, 'db' | 'clock' | 'log'>): Promise<{ differ: number }> {
  const now = clock.now();
  const [compared] = await db.batch([db.execute(sql`select * from compare_balances_1(${nairobiDay(now)}::date, ${instantSql(now)})`)]);
  const differ = rowsOf(Differs, compared.rows);
  for (const { account, keptCents, summedCents } of differ)
    log.error('balance_differs', new Error('A checkpoint differs from the sum of its transfers.'), {
      ...{ account, keptCents: keptCents.toString(), summedCents: summedCents.toString() },
    });
  return { differ: differ.length };
}

/** Due at once while transfers stand behind the mark, or there is none, as a value in a statement. */
export const checkpointsDueSql = (
  _app: unknown,
  at: SQL,
): SQL => sql`(select ${at} where not exists (select from ledger_mark m where m.of_table = 'transfers'::regclass
  and not exists (select from transfers t where t.tx >= m.upto)))`;
