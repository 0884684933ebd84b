import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Destination } from '#mpesa/wiring/purpose.ts';
import type { Upstairs } from '#mpesa/wiring/upstairs.ts';

/** Books money to a member's savings: clearing to the account that `subjectId` names, and promises to tell them: deposit-savings.sql has the rule. Safe to call twice. */
export const depositSavings: Destination = async (tx, { sourceId, subjectId, amountCents }, now) => {
  await tx.execute(
    sql`select deposit_savings_2(${subjectId}::uuid, ${sourceId}::uuid, ${amountCents.toString()}::bigint, ${instantSql(now)})`,
  );
};

/** Promises the member whose savings an account are a notice of what a payout has taken out of them. Nothing happens for other accounts. */
export const tellSaver: Upstairs['tellSaver'] = async (tx, { account, payoutId, now }) => {
  await tx.execute(sql`
  select promise_notice_2('savings_taken_back', ${payoutId}::uuid, null, a.member_id, false, ${instantSql(now)})
  from member_accounts a where 'savings:' || a.id = ${account}`);
};
