import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { heldAloneSql } from '#books/ledger/balance.ts';
import { decrypt } from '#ground/db/encryption.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { parseTransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import type { App } from '../wiring/app.ts';
import { creditedAccount } from './settle-deposit-status.ts';

const BATCH = 500;

const Earlier = z.object({ id: z.uuid(), proof: z.string().nullable() });

/**
 * Moves deposits of an earlier release to today's accounts, a few hundred a minute, including those that it still books while both releases run. Money known only
 * from a notice becomes told; the rest goes to the float of its short code. Safaricom is asked again about receipts that were confirmed by a status answer without
 * our short code, or by another receipt's proof. Safe at any frequency.
 */
export async function gatherEarlier({ db, clock, config }: App): Promise<{ gathered: number }> {
  const rows = await readRows(
    db,
    Earlier,
    sql`
    select d.id, (select e.body from evidence e where e.subject_id = d.id and e.source = 'transaction-status' and e.verdict = 'confirms' limit 1) as proof
    from deposits d where d.shortcode is null and d.merged_into is null order by d.id limit ${BATCH}`,
  );
  if (rows.length === 0) return { gathered: 0 };
  const proved = rows.filter(({ proof }) => {
    if (proof === null) return false;
    const { creditParty, debitParty } = parseTransactionStatusResult(decrypt(proof, 'body'));
    return creditedAccount(config, creditParty, debitParty) !== undefined;
  });
  const ids = (list: { id: string }[]) => sql`${sql.param(list.map(({ id }) => id))}::uuid[]`;
  await db.execute(sql`select gather_earlier_2(${ids(rows)}, ${ids(proved)}, ${config.mpesa.shortcode}, ${instantSql(clock.now())})`);
  return { gathered: rows.length };
}

/** Due at once while there are any, as a value in a statement. */
export const earlierDueSql = (
  _app: unknown,
  at: SQL,
): SQL => sql`(select ${at} where exists (select from deposits where shortcode is null and merged_into is null)
  or ${heldAloneSql(ACCOUNTS.paybillFloat)} <> 0)`;
