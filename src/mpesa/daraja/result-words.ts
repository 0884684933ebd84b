import { type ResultReasonWord, resultReason } from './payout-result-codes.ts';

const WORDS: Record<ResultReasonWord, string> = {
  insufficient_float: 'the account that pays out has too little money',
  amount_too_small: 'the amount is below what M-PESA sends',
  limit: 'the amount is above what M-PESA sends at once',
  recipient_daily_limit: 'the payee would get more than M-PESA allows in a day',
  recipient_balance_limit: 'the payee would hold more than M-PESA allows',
  own_account_inactive: 'our own account at M-PESA is not active',
  account_inactive: "the payee's account is not active",
  duplicate_request: 'M-PESA received this request before',
  already_reversed: 'the payment was reversed before, in whole or in part',
  receipt_invalid: 'M-PESA knows no such receipt',
  not_on_mpesa: 'this phone is not on M-PESA',
  wrong_credentials: "the initiator's name or password is wrong",
  initiator_locked: 'the initiator is locked',
  initiator_not_allowed: 'the initiator lacks the role for this',
  bad_request: 'M-PESA could not read the request',
  service_problem: 'M-PESA had a problem of its own',
  busy: 'M-PESA was busy',
  unknown: 'a code that is not in its tables',
};

/** The final statuses of a status answer: nothing moved, and nothing will. */
const ENDED = /^(cancelled|declined|expired)$/i;

/** The codes with which Safaricom rejects a request outright: only the message that comes with them says what is wrong with it. */
const NOT_TAKEN = /^(\d{3}\.\d{3}\.\d+|invalid_phone|invalid_amount|bad_request)$/;

/** A result code other than 0, or a final status, with what it means, for a person who has to act upon it. */
export const resultWords = (resultCode: string): string => `${resultCode}: ${meaningOf(resultCode)}`;

function meaningOf(resultCode: string): string {
  if (ENDED.test(resultCode)) return 'M-PESA ended it, and nothing moved';
  if (NOT_TAKEN.test(resultCode)) return 'the request was not accepted: its phone, its amount or another of its fields is not valid';
  return WORDS[resultReason(resultCode).word];
}
