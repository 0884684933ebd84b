import { expect, it } from 'vitest';
import { stkReason } from '#mpesa/daraja/stk-result-codes.ts';

it.each([
  ['1', 'insufficient_funds', true, true],
  ['1001', 'subscriber_locked', true, true],
  ['1019', 'expired', true, false],
  ['1032', 'cancelled', true, true],
  ['1036', 'unreachable', true, false],
  ['1037', 'unreachable', true, false],
  ['2001', 'wrong_pin', true, true],
  ['8006', 'pin_locked', true, true],
  ['SFC_IC0003', 'service_problem', true, false],
  ['17', 'too_soon', false, false],
  ['26', 'busy', false, false],
  ['9999', 'prompt_not_sent', false, false],
  ['4999', 'still_processing', false, false],
  ['100000100', 'network', false, false],
  ['1025', 'prompt_not_sent', true, true],
  ['1031', 'cancelled', true, true],
  ['2', 'amount_too_small', true, true],
  ['3', 'limit', true, true],
  ['4', 'daily_limit', true, true],
  ['8', 'business_limit', true, true],
])('result %s means %s, final: %s, also by query while the prompt can be paid: %s', (code, word, final, finalByQuery) => {
  expect(stkReason(code)).toEqual({ word, final, finalByQuery });
});

it.each(['0', '', '01', '1 ', '1032.0', 'sfc_ic0003', '31337', 'constructor', '__proto__'])('"%s" is unknown and never final', (code) => {
  expect(stkReason(code)).toEqual({ word: 'unknown', final: false, finalByQuery: false });
});
