import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectedCharge } from '#mpesa/float/tariff.ts';
import { judgeRest } from '#mpesa/float/watch/judge-rest.ts';
import { tariffs } from '../../dev/daraja/tariffs.ts';

const on = '2026-11-21';
const inShillings = (
  kind: 'payout' | 'paybill' | 'till',
  shillings: number,
  payer: 'customer' | 'shared' | 'business' = 'customer',
  day = on,
) => Number(expectedCharge({ kind, amountCents: BigInt(Math.round(shillings * 100)), on: day, payer })) / 100;

test.each([
  [1, 0],
  [100, 0],
  [101, 5],
  [1_500, 5],
  [1_501, 9],
  [5_000, 9],
  [5_001, 11],
  [20_000, 11],
  [20_001, 13],
  [250_000, 13],
])('paying %d to a customer costs %d', (amount, fee) => {
  expect(inShillings('payout', amount)).toBe(fee);
});

test.each([
  ['customer', 1_250, 0],
  ['shared', 1_250, 5],
  ['business', 1_250, 15],
  ['business', 49, 0],
  ['business', 250_000, 108],
  ['shared', 250_000, 84],
] as const)('where the %s pays, a payment of %d to a paybill costs us %d', (payer, amount, fee) => {
  expect(inShillings('paybill', amount, payer)).toBe(fee);
});

test.each([
  [200, 0],
  [201, 1.11],
  [1_250, 6.88],
  [36_364, 200],
  [250_000, 200],
])('a sale of %d at a till costs %d, whoever pays at a paybill', (amount, fee) => {
  expect(inShillings('till', amount)).toBe(fee);
});

test('before the first tariff nothing is expected', () => {
  expect(inShillings('payout', 5_000, 'customer', '2023-06-30')).toBe(0);
});

test('the simulator charges what is expected, so that a green watch proves something', () => {
  const [tariff] = tariffs;
  const bandOf = <Band extends readonly [number, ...number[]]>(bands: readonly Band[], amount: number) =>
    bands.find(([upTo]) => amount <= upTo) as Band;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 250_000 }), (amount) => {
      if (!tariff) throw new Error('The simulator has a tariff.');
      const [, total, , business] = bandOf(tariff.paybill, amount);
      const { freeUpTo, perTenThousand, most } = tariff.till;
      const till = amount <= freeUpTo ? 0 : Math.min(Math.round((amount * perTenThousand) / 100) / 100, most);
      expect([inShillings('paybill', amount, 'business'), inShillings('paybill', amount, 'shared')]).toEqual([total, business]);
      expect([inShillings('payout', amount), inShillings('till', amount)]).toEqual([bandOf(tariff.payout, amount)[1], till]);
    }),
    { numRuns: 2_000 },
  );
  expect(tariffs).toHaveLength(1); // a tariff that one of the two gets is got by the other too
});

test('a difference is what two balances share: of one sign, and the smaller of them', () => {
  const range = fc
    .tuple(fc.bigInt({ min: -50n, max: 50n }), fc.bigInt({ min: 0n, max: 20n }))
    .map(([from, width]) => ({ from, until: from + width }));
  fc.assert(
    fc.property(fc.option(range, { nil: undefined }), range, (before, rest) => {
      const judged = judgeRest(before, rest);
      const holds = (amount: bigint, { from, until }: { from: bigint; until: bigint }) => from <= amount && amount <= until;
      if (judged.verdict === 'agrees') expect(rest).toEqual({ from: 0n, until: 0n });
      if (judged.verdict === 'unsure') expect(holds(0n, rest) && rest.from !== rest.until).toBe(true);
      if (judged.verdict === 'seen') expect(holds(0n, rest)).toBe(false);
      if (judged.verdict !== 'differs') return;
      expect(before && !holds(0n, before) && !holds(0n, rest)).toBe(true);
      // nothing less explains it: every amount between nothing and it is in neither
      for (let less = 0n; less !== judged.amountCents; less += judged.amountCents > 0n ? 1n : -1n)
        expect(holds(less, rest) || (before && holds(less, before))).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});
