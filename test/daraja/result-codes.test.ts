import { expect, it } from 'vitest';
import { resultReason } from '#mpesa/daraja/payout-result-codes.ts';

it.each([
  ['1', 'insufficient_float', true],
  ['2', 'amount_too_small', true],
  ['4', 'recipient_daily_limit', true],
  ['11', 'own_account_inactive', true],
  ['18', 'wrong_credentials', true],
  ['21', 'initiator_not_allowed', true],
  ['2001', 'wrong_credentials', true],
  ['2040', 'not_on_mpesa', true],
  ['8006', 'initiator_locked', true],
  ['SFC_IC0003', 'not_on_mpesa', true],
  ['R000002', 'receipt_invalid', true],
  ['15', 'duplicate_request', false],
  ['17', 'busy', false],
  ['19', 'busy', false],
  ['26', 'busy', false],
  ['R000001', 'already_reversed', false],
])('result %s means %s, final: %s', (code, word, final) => {
  expect(resultReason(code)).toEqual({ word, final });
});

it.each(['0', '', '01', '1 ', '23', '4001', '4999', 'sfc_ic0003', '31337', 'constructor', '__proto__'])(
  '"%s" is unknown and never final',
  (code) => {
    expect(resultReason(code)).toEqual({ word: 'unknown', final: false });
  },
);
