import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Destination } from '#mpesa/wiring/purpose.ts';
import type { Upstairs } from '#mpesa/wiring/upstairs.ts';

/**
 * Books money from clearing to the savings account that `subjectId` names, and promises its member a notice; deposit-savings.sql has the rule. Safe to call
 * twice.
 */
export const depositSavings: Destination = async (tx, { sourceId, subjectId, amountCents }, now) => {
  await tx.execute(
    sql`select deposit_savings_2(${subjectId}::uuid, ${sourceId}::uuid, ${amountCents.toString()}::bigint, ${instantSql(now)})`,
  );
};

/** Promises a member a notice of what a payout took out of their savings. Does nothing for an account that is not savings. */
export const tellSaver: Upstairs['tellSaver'] = async (tx, { account, payoutId, now }) => {
  await tx.execute(sql`
  select promise_notice_2('savings_taken_back', ${payoutId}::uuid, null, a.member_id, false, ${instantSql(now)})
  from member_accounts a where 'savings:' || a.id = ${account}`);
};
