import { callFunction, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { type AccountBalanceResult, parseAccountBalanceResult } from '../daraja/parse-account-balance-result.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import type { Core } from '../wiring/app.ts';
import { findPayingAccount } from './find-paying-account.ts';
import { SettledInquiry } from './settled-inquiry.ts';

/** The outcome of an answer about balances, with the result code that says why it holds none. */
export type SettledBalance = SettledInquiry & { resultCode: string | undefined; inquiryId: string };

// p_inquiry, p_body_hash, p_body, p_says, p_result_code, p_conversation, p_accounts, p_told_at, p_paying_shortcode, p_available, p_low_float, p_now
const SETTLE = callText('settle_balance_result_2', [
  ...['uuid', 'text', 'text', 'text', 'text', 'text', 'jsonb', 'timestamptz'],
  ...['text', 'bigint', 'bigint', 'timestamptz'],
]);

/**
 * Settles the answer to a balance inquiry: settle-balance-result.sql has the rule. Less than LOW_FLOAT_SHILLINGS on the account that pays out opens a task,
 * once; a later balance that suffices closes it. Safe to repeat, in any order. One round trip.
 */
export async function settleBalanceResult({ db, clock, config, log }: Core, inquiryId: string, body: string): Promise<SettledBalance> {
  const now = clock.now();
  const { says, resultCode, conversationId, accounts, completedAt } = parseAccountBalanceResult(body);
  const available = says === 'done' ? findPayingAccount(accounts)?.availableCents : undefined;
  const settled = await callFunction(db, SettledInquiry, SETTLE, [
    ...[inquiryId, lookupHash(body), encrypt(body, 'body'), says, resultCode ?? null, conversationId ?? null],
    ...[JSON.stringify(accounts.map(toRow)), (completedAt ?? now).toISOString(), payingShortcode(config)],
    ...[available?.toString() ?? null, config.limits.lowFloatCents.toString(), now.toISOString()],
  ]);
  log.info('account_balance_result', { inquiryId, verdict: settled.verdict, resultCode });
  return { ...settled, resultCode, inquiryId };
}

const toRow = ({
  account,
  currency,
  currentCents,
  availableCents,
  reservedCents,
  unclearedCents,
}: AccountBalanceResult['accounts'][number]) => ({
  ...{ account, currency, current_cents: currentCents.toString(), available_cents: availableCents.toString() },
  ...{ reserved_cents: reservedCents?.toString(), uncleared_cents: unclearedCents?.toString() },
});
