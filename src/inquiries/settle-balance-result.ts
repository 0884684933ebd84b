import { type SQL, sql } from 'drizzle-orm';
import type { Core } from '../core.ts';
import { type AccountBalanceResult, parseAccountBalanceResult } from '../daraja/parse-account-balance-result.ts';
import { heldSql } from '../ledger/balance.ts';
import { payingShortcode } from '../payouts/paying-shortcode.ts';
import { closeReviewSql } from '../reviews/close-review.ts';
import { openReviewSql } from '../reviews/open-review.ts';
import { findPayingAccount } from './find-paying-account.ts';
import { type SettledInquiry, settleOnce } from './settle-once.ts';
import { isOtherConversation } from './settle-status-result.ts';
import { storeEvidenceSql } from './store-evidence.ts';

/** What became of an answer about balances, with the code that says why there was none. */
export type SettledBalance = SettledInquiry & { resultCode: string | undefined };

/**
 * Settles the answer to a question about balances: the words are kept, and so is what stands on each account beside what our ledger holds there. Less than
 * LOW_FLOAT_SHILLINGS on the account that pays out opens a task, once; a later balance that suffices closes it. Safe to repeat, in any order. One round trip.
 */
export async function settleBalanceResult(core: Core, inquiryId: string, body: string): Promise<SettledBalance> {
  const told = parseAccountBalanceResult(body);
  const settled = await settleOnce(core.db, settleSql(core, inquiryId, body, told));
  core.log.info('account_balance_result', { inquiryId, verdict: settled.verdict, resultCode: told.resultCode });
  return { ...settled, resultCode: told.resultCode };
}

function settleSql({ clock, config }: Core, inquiryId: string, body: string, told: AccountBalanceResult): SQL {
  const now = clock.now();
  const at = sql`${now.toISOString()}::timestamptz`;
  const says = sql`${told.says}::text`;
  const code = sql`${told.resultCode ?? null}::text`;
  const { lowFloatCents } = config.limits;
  const available = told.says === 'done' ? findPayingAccount(told.accounts)?.availableCents : undefined;
  const isLow = lowFloatCents > 0n && available !== undefined && available < lowFloatCents;
  const paying = payingShortcode(config);
  const suffices = available !== undefined && !isLow;
  return sql`
  with inquiry as materialized (
    select * from inquiries where id = ${inquiryId}::uuid and kind = 'account-balance' for update
  ), seen as materialized (
    select i.id, i.shortcode, not exists (
      select from inquiries o where o.kind = i.kind and o.shortcode = i.shortcode and o.state = 'answered' and o.says = 'done' and o.asked_at > i.asked_at
    ) as newest, case
      when ${code} is null then 'unclear'
      when ${isOtherConversation(told.conversationId)} then 'other_conversation'
      when i.state <> 'answered' or i.says <> 'done' and ${says} = 'done' then 'answers'
      when i.says <> ${says} and ${says} <> 'unclear' then 'contradicts'
      when ${says} = 'done' and not ${holdsTheSame(told)} then 'contradicts'
      else 'known' end as verdict
    from inquiry i
  ), stored as (
    ${storeEvidenceSql({ inquiryId, source: 'account-balance', body, now })}
  ), moved as (
    update inquiries i set state = 'answered', answered_at = ${at}, says = ${says}, result_code = ${code}, ledger_cents = ${heldSql(sql`'paybill_float:' || i.shortcode`)} + ${heldSql(sql`'paybill_told:' || i.shortcode`)}
    from seen s where i.id = s.id and s.verdict = 'answers'
  ), kept as (
    insert into float_balances (id, inquiry_id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, told_at)
    select gen_random_uuid(), s.id, t.*, ${told.completedAt?.toISOString() ?? now.toISOString()}::timestamptz
    from seen s, ${toldRows(told)}
    where s.verdict = 'answers' and ${says} = 'done'
  ), closed_low as (
    ${closeReviewSql({
      kind: sql`'low_float'`,
      subject: sql`(select shortcode from seen)`,
      closedAt: now,
      note: 'A later balance suffices.',
      when: sql`${suffices} and exists (select from seen where verdict = 'answers' and newest and shortcode = ${paying})`,
    })}
  ), closed_unknown as (
    ${closeReviewSql({
      kind: sql`'balance_unknown'`,
      subject: sql`(select shortcode from seen)`,
      closedAt: now,
      note: 'Safaricom told the balance again.',
      when: sql`${says} = 'done' and exists (select from seen where verdict = 'answers')`,
    })}
  ), ${openReviewSql({ kind: sql`'low_float'`, subject: sql`shortcode`, openedAt: now, from: sql`seen where ${isLow} and verdict = 'answers' and newest and shortcode = ${paying}` })}
  select coalesce((select verdict from seen), 'no_inquiry') as verdict`;
}

/** The accounts that were told, as rows `t`. */
function toldRows({ accounts }: AccountBalanceResult): SQL {
  const column = (pick: (account: AccountBalanceResult['accounts'][number]) => string | bigint | undefined) =>
    sql.param(accounts.map((account) => pick(account)?.toString() ?? null));
  return sql`unnest(${column((a) => a.account)}::text[], ${column((a) => a.currency)}::text[], ${column((a) => a.currentCents)}::bigint[],
      ${column((a) => a.availableCents)}::bigint[], ${column((a) => a.reservedCents)}::bigint[], ${column((a) => a.unclearedCents)}::bigint[])
      as t(account, currency, current_cents, available_cents, reserved_cents, uncleared_cents)`;
}

/** Whether the accounts are those that this question has heard of before, for rows of `inquiry i`. */
const holdsTheSame = (told: AccountBalanceResult): SQL => sql`(
  select count(*) = count(b.id) and count(*) = (select count(*) from float_balances where inquiry_id = i.id)
  from ${toldRows(told)} left join float_balances b on b.inquiry_id = i.id and b.account = t.account and b.current_cents = t.current_cents
    and b.available_cents = t.available_cents)`;
