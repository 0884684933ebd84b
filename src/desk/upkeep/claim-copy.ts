import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import { claimCopySql } from '#ground/db/detached.ts';
import { inOneBatch, instant, readRows, rowsOf } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { askCopiedSql } from '#mpesa/payouts/hold-copied.ts';
import { reviveKeysSql } from '#people/auth/hold-copied-access.ts';

/** What a person has claimed: a copy of what was when, and how many payouts are asked about first. */
export type ClaimedCopy = { asOf: Date; asked: number; revived: string[] };

/** Claims a copy in a person's name: from the next minute on it acts, and asks Safaricom about each payout that was under way. Payouts stay stopped, and keys revoked but for those in `keys`. Nothing where it is no copy, is claimed, or is not held yet. */
export async function claimCopy(
  db: Db,
  { by, keys, now }: { by: string; keys: readonly string[]; now: Date },
): Promise<ClaimedCopy | undefined> {
  const [claimed, asked] = await inOneBatch(db, [
    sql`
    with claimed as (${claimCopySql(by, now)}), audited as (${recordSql({
      ...{ actor: by, action: 'copy_claimed', subject: sql`claimed.id::text`, happenedAt: now, from: sql`claimed` },
      after: sql`jsonb_build_object('asOf', claimed.as_of)`,
    })})
    select max(as_of) as as_of from claimed having count(*) > 0`,
    sql`with asked as (${askCopiedSql(now)}) select count(*)::int as asked from asked`,
  ]);
  const [copy] = rowsOf(z.object({ asOf: instant }), claimed?.rows);
  if (!copy) return undefined;
  const revived = keys.length > 0 ? await readRows(db, z.object({ id: z.uuid() }), reviveKeysSql(keys, { by, now })) : [];
  return { ...copy, asked: rowsOf(z.object({ asked: z.number() }), asked?.rows)[0]?.asked ?? 0, revived: revived.map(({ id }) => id) };
}
