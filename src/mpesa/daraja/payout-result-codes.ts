/** Why a payout, a reversal or an inquiry brought no result, in one word to act upon. Prompts have codes of their own: stk-result-codes.ts. */
export type ResultReasonWord =
  | 'insufficient_float'
  | 'amount_too_small'
  | 'limit'
  | 'recipient_daily_limit'
  | 'recipient_balance_limit'
  | 'own_account_inactive'
  | 'account_inactive'
  | 'duplicate_request'
  | 'already_reversed'
  | 'receipt_invalid'
  | 'not_on_mpesa'
  | 'wrong_credentials'
  | 'initiator_locked'
  | 'initiator_not_allowed'
  | 'bad_request'
  | 'service_problem'
  | 'busy'
  | 'unknown';

/** `final` means that the code proves that no money moved, now or before; otherwise ask for the status before deciding anything. */
export type ResultReason = { word: ResultReasonWord; final: boolean };

// Safaricom's portal and recorded payloads. A duplicate and a reversal already made say that an earlier try may have moved the
// money; 17, 19, 23 and 26 say that the system stumbled. None of them proves that nothing happened.
const REASONS = new Map<string, ResultReason>([
  ['1', { word: 'insufficient_float', final: true }],
  ['2', { word: 'amount_too_small', final: true }],
  ['3', { word: 'limit', final: true }],
  ['4', { word: 'recipient_daily_limit', final: true }],
  ['8', { word: 'recipient_balance_limit', final: true }],
  ['11', { word: 'own_account_inactive', final: true }],
  ['15', { word: 'duplicate_request', final: false }],
  ['17', { word: 'busy', final: false }],
  ['18', { word: 'wrong_credentials', final: true }],
  ['19', { word: 'busy', final: false }],
  ['20', { word: 'wrong_credentials', final: true }],
  ['21', { word: 'initiator_not_allowed', final: true }],
  ['22', { word: 'initiator_not_allowed', final: true }],
  ['24', { word: 'bad_request', final: true }],
  ['25', { word: 'bad_request', final: true }],
  ['26', { word: 'busy', final: false }],
  ['29', { word: 'bad_request', final: true }],
  ['2001', { word: 'wrong_credentials', final: true }],
  ['2006', { word: 'account_inactive', final: true }],
  ['2028', { word: 'service_problem', final: true }],
  ['2040', { word: 'not_on_mpesa', final: true }],
  ['8006', { word: 'initiator_locked', final: true }],
  ['R000001', { word: 'already_reversed', final: false }],
  ['R000002', { word: 'receipt_invalid', final: true }],
  ['SFC_IC0003', { word: 'not_on_mpesa', final: true }],
]);

/** Every code other than 0 that is in Safaricom's tables. docs/troubleshooting.md explains each. */
export const RESULT_CODES: readonly string[] = [...REASONS.keys()];

/** The meaning of a result code other than 0. A code that is not in Safaricom's tables is `unknown` and never final. */
export function resultReason(resultCode: string): ResultReason {
  return REASONS.get(resultCode) ?? { word: 'unknown', final: false };
}
