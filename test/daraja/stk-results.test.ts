import { expect, it } from 'vitest';
import { stkReason } from '../../src/daraja/stk-results.ts';

it.each([
  ['1', 'insufficient_funds', true],
  ['1001', 'subscriber_locked', true],
  ['1019', 'expired', true],
  ['1032', 'cancelled', true],
  ['1036', 'unreachable', true],
  ['1037', 'unreachable', true],
  ['2001', 'wrong_pin', true],
  ['8006', 'pin_locked', true],
  ['SFC_IC0003', 'service_problem', true],
  ['17', 'too_soon', false],
  ['26', 'busy', false],
  ['9999', 'prompt_not_sent', false],
  ['4999', 'still_processing', false],
  ['100000100', 'network', false],
])('result %s means %s, final: %s', (code, word, final) => {
  expect(stkReason(code)).toEqual({ word, final });
});

it.each(['0', '', '01', '1 ', '1032.0', 'sfc_ic0003', '31337', 'constructor', '__proto__'])('"%s" is unknown and never final', (code) => {
  expect(stkReason(code)).toEqual({ word: 'unknown', final: false });
});
