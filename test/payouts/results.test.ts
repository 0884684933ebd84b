import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RESULT_CODES } from '#mpesa/daraja/payout-result-codes.ts';
import { rejectionWords } from '#mpesa/payouts/rejection-words.ts';

const [, section = ''] = /## Results of a payout\n([\s\S]*?)\n## /.exec(readFileSync('docs/troubleshooting.md', 'utf8')) ?? [];
const rows = [...section.matchAll(/^\| (?!Code|-)(.*?) \| (.*?) \| (.*?) \|$/gm)].map(([, codes = '', says = '', does = '']) => ({
  codes: codes.split(', ').map((code) => code.split(' ')[0] ?? ''),
  says,
  does,
}));

test('docs/troubleshooting.md explains every code that ends a payout, in the words that a treasurer reads', () => {
  expect(RESULT_CODES.filter((code) => !rows.some(({ codes }) => codes.includes(code)))).toEqual([]);
  for (const { codes, says, does } of rows)
    for (const code of codes) {
      expect(rejectionWords(code)).toContain(code === 'not_sent' ? says : `${code}: ${says}.`);
      expect(does).not.toBe('');
    }
});

test.each([
  ['2040', 'Safaricom says 2040: this phone is not on M-PESA.'],
  ['400.002.02', 'Safaricom says 400.002.02: the request was not accepted: its phone, its amount or another of its fields is not valid.'],
  ['Declined', 'Safaricom says Declined: M-PESA ended it, and nothing moved.'],
  ['31337', 'Safaricom says 31337: a code that is not in its tables.'],
  [null, 'No code was given.'],
])('%s is said in words', (code, words) => {
  expect(rejectionWords(code)).toBe(words);
});
