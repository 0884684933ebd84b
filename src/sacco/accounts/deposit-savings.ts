import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Destination } from '#mpesa/wiring/purpose.ts';

/** Books money to a member's savings: clearing to the account that `subjectId` names, and promises to tell them: deposit-savings.sql has the rule. Safe to call twice. */
export const depositSavings: Destination = async (tx, { sourceId, subjectId, amountCents }, now) => {
  await tx.execute(
    sql`select deposit_savings_2(${subjectId}::uuid, ${sourceId}::uuid, ${amountCents.toString()}::bigint, ${instantSql(now)})`,
  );
};
