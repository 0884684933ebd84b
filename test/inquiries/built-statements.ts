import { type SQL, sql } from 'drizzle-orm';
import type { AccountBalanceResult } from '../../src/daraja/parse-account-balance-result.ts';
import type { TransactionStatusResult } from '../../src/daraja/parse-transaction-status-result.ts';
import type { Party } from '../../src/daraja/read-party.ts';
import { newId } from '../../src/db/columns.ts';
import { lookupHash } from '../../src/db/encryption.ts';
import { evidence } from '../../src/inbox/inbox.schema.ts';
import { findPayingAccount } from '../../src/inquiries/find-paying-account.ts';
import { inquiries } from '../../src/inquiries/inquiries.schema.ts';
import { heldSql } from '../../src/ledger/balance.ts';
import { closeReviewSql } from '../../src/reviews/close-review.ts';
import { openReviewSql } from '../../src/reviews/open-review.ts';

// The statements that the functions take the place of, as they were: the oracle of same-verdicts.test.ts.

const storeEvidenceSql = (told: { inquiryId: string; source: string; body: string; now: Date }): SQL => sql`
  insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
  values (${newId()}::uuid, ${told.inquiryId}::uuid, ${told.source}, ${lookupHash(told.body)}, ${sql.param(told.body, evidence.body)},
    coalesce((select verdict from seen), 'no_inquiry'), ${told.now.toISOString()}::timestamptz)
  on conflict (subject_id, source, body_hash) do nothing
  returning id`;

export const timeoutSql = (kind: string, inquiryId: string, body: string, now: Date): SQL => sql`
  with seen as materialized (
    select id, 'unclear' as verdict from inquiries where id = ${inquiryId}::uuid and kind = ${kind} for update
  ), stored as (
    ${storeEvidenceSql({ inquiryId, source: kind, body: `time-out: ${body}`, now })}
  ), moved as (
    update inquiries set state = 'timed_out' where id = (select id from seen) and state = 'asked'
  )
  select coalesce((select verdict from seen), 'no_inquiry') as verdict`;

export function statusSql(inquiryId: string, body: string, told: TransactionStatusResult, now: Date): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  const says = sql`${told.says}::text`;
  const code = sql`${told.resultCode ?? null}::text`;
  const receipt = sql`${told.receipt ?? null}::text`;
  const amount = sql`${told.amountCents?.toString() ?? null}::bigint`;
  return sql`
  with inquiry as materialized (
    select * from inquiries where id = ${inquiryId}::uuid and kind = 'transaction-status' for update
  ), seen as materialized (
    select i.id, case
      when ${code} is null then 'unclear'
      when ${isOtherConversation(told.conversationId)} then 'other_conversation'
      when i.receipt <> ${receipt} then 'other_transaction'
      when i.state <> 'answered' or i.says = 'unclear' and ${says} <> 'unclear' then 'answers'
      when ${says} = 'unclear' or i.says = ${says} and i.told_receipt is not distinct from ${receipt} and i.told_cents is not distinct from ${amount} then 'known'
      else 'contradicts' end as verdict
    from inquiry i
  ), stored as (
    ${storeEvidenceSql({ inquiryId, source: 'transaction-status', body, now })}
  ), moved as (
    update inquiries i set state = 'answered', answered_at = ${at}, says = ${says}, result_code = ${code}, told_status = ${told.status ?? null}::text,
      told_receipt = ${receipt}, told_cents = ${amount}, debit_party = ${party(told.debitParty, inquiries.debitParty)},
      credit_party = ${party(told.creditParty, inquiries.creditParty)}, reason_type = ${told.reasonType ?? null}::text,
      finalised_at = ${told.finalisedAt?.toISOString() ?? null}::timestamptz
    from seen s where i.id = s.id and s.verdict = 'answers'
  )
  select coalesce((select verdict from seen), 'no_inquiry') as verdict, (select asked_by from inquiry) as "askedBy"`;
}

const isOtherConversation = (conversationId: string | undefined): SQL => sql`(
  i.conversation_id <> ${conversationId ?? null}::text
  or exists (select from inquiries o where o.conversation_id = ${conversationId ?? null}::text and o.id <> i.id))`;

const party = (told: Party | undefined, column: typeof inquiries.debitParty | typeof inquiries.creditParty): SQL =>
  told ? sql`${sql.param(JSON.stringify(told), column)}::text` : sql`null::text`;

export function balanceSql(
  { now, lowFloatCents, paying }: { now: Date; lowFloatCents: bigint; paying: string },
  inquiryId: string,
  body: string,
  told: AccountBalanceResult,
): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  const says = sql`${told.says}::text`;
  const code = sql`${told.resultCode ?? null}::text`;
  const available = told.says === 'done' ? findPayingAccount(told.accounts)?.availableCents : undefined;
  const isLow = lowFloatCents > 0n && available !== undefined && available < lowFloatCents;
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
