/**
 * Why a prompt brought no money, in one word that selects the customer's wording. Payouts, reversals and inquiries have codes of their own: payout-result-codes.ts.
 * judge-stk.sql says what a code decides, and until when a code learnt by query decides nothing.
 */
export type StkReasonWord =
  | 'insufficient_funds'
  | 'amount_too_small'
  | 'limit'
  | 'daily_limit'
  | 'business_limit'
  | 'too_soon'
  | 'busy'
  | 'subscriber_locked'
  | 'expired'
  | 'prompt_not_sent'
  | 'cancelled'
  | 'unreachable'
  | 'wrong_pin'
  | 'pin_locked'
  | 'account_inactive'
  | 'network'
  | 'service_problem'
  | 'still_processing'
  | 'unknown';

/**
 * `final` means that the code proves no money moved for this prompt; otherwise ask again before deciding anything. `finalByQuery`: final even when a query says it
 * while the PIN can still be entered. 1037 is not: a query has said it 20 s into a prompt that was paid at 30 s.
 */
export type StkReason = { word: StkReasonWord; final: boolean; finalByQuery: boolean };

// Safaricom's portal and recorded payloads. Codes with several contradicting readings (17, 26, 9999, 100000100) say that the
// system stumbled, not that it refused the customer, so they prove nothing.
const REASONS = new Map<string, Omit<StkReason, 'finalByQuery'>>([
  ['1', { word: 'insufficient_funds', final: true }],
  ['2', { word: 'amount_too_small', final: true }],
  ['3', { word: 'limit', final: true }],
  ['4', { word: 'daily_limit', final: true }],
  ['8', { word: 'business_limit', final: true }],
  ['17', { word: 'too_soon', final: false }],
  ['26', { word: 'busy', final: false }],
  ['1001', { word: 'subscriber_locked', final: true }],
  ['1019', { word: 'expired', final: true }],
  ['1025', { word: 'prompt_not_sent', final: true }],
  ['1031', { word: 'cancelled', final: true }],
  ['1032', { word: 'cancelled', final: true }],
  ['1036', { word: 'unreachable', final: true }],
  ['1037', { word: 'unreachable', final: true }],
  ['1101', { word: 'prompt_not_sent', final: true }],
  ['1102', { word: 'prompt_not_sent', final: true }],
  ['2001', { word: 'wrong_pin', final: true }],
  ['2006', { word: 'account_inactive', final: true }],
  ['2008', { word: 'network', final: true }],
  ['2026', { word: 'network', final: true }],
  ['2028', { word: 'service_problem', final: true }],
  ['4999', { word: 'still_processing', final: false }],
  ['8006', { word: 'pin_locked', final: true }],
  ['9999', { word: 'prompt_not_sent', final: false }],
  ['SFC_IC0003', { word: 'service_problem', final: true }],
  ['E3008', { word: 'service_problem', final: true }],
  ['100000100', { word: 'network', final: false }],
]);

const FINAL_BY_QUERY: ReadonlySet<string> = new Set(['1', '2', '3', '4', '8', '1001', '1025', '1031', '1032', '2001', '8006']);

/** The meaning of a result code other than 0. A code that is not in Safaricom's tables is `unknown` and never final. */
export function stkReason(resultCode: string): StkReason {
  const reason = REASONS.get(resultCode) ?? { word: 'unknown', final: false };
  return { ...reason, finalByQuery: FINAL_BY_QUERY.has(resultCode) };
}
