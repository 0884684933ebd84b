import fc from 'fast-check';
import { expect, test } from 'vitest';
import { centsFromShillings, wholeShillings } from '#ground/money/cents.ts';
import { computeVat, splitVat } from '#shop/vat/compute-vat.ts';

const RATES = new Map([
  ['A', 0],
  ['B', 1600],
  ['C', 0],
  ['D', 0],
  ['E', 800],
]);

test.each([
  [11_600n, 1600, 10_000n, 1_600n],
  [100n, 1600, 86n, 14n],
  [1n, 1600, 1n, 0n],
  [4n, 1600, 3n, 1n],
  [125_000n, 1600, 107_759n, 17_241n],
  [10_800n, 800, 10_000n, 800n],
  [999n, 0, 999n, 0n],
])('%s cents at %s basis points are %s net and %s VAT', (gross, rate, netCents, vatCents) => {
  expect(splitVat(gross, rate)).toEqual({ netCents, vatCents });
});

test('VAT is within half a cent of the exact tax, and the parts always add up', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 14n }), fc.integer({ min: 0, max: 10_000 }), (gross, rate) => {
      const { netCents, vatCents } = splitVat(gross, rate);
      expect(netCents + vatCents).toBe(gross);
      const offByTwice = 2n * (vatCents * BigInt(10_000 + rate) - gross * BigInt(rate)); // in 1/(10000+rate) cents
      expect(offByTwice <= BigInt(10_000 + rate) && offByTwice > -BigInt(10_000 + rate)).toBe(true);
    }),
    { seed: 7 },
  );
});

test('VAT is split once per class, so that many small lines owe what one large line owes', () => {
  const line = { sku: 's', name: 'n', quantity: 1, unitCents: '4', grossCents: '4', vatClass: 'B' as const };
  expect(
    computeVat(
      Array.from({ length: 25 }, () => line),
      RATES,
    ),
  ).toEqual([{ vatClass: 'B', basisPoints: 1600, netCents: '86', vatCents: '14' }]);
});

test('a class without a rate on that day stops the booking', () => {
  expect(() => computeVat([{ grossCents: '4', vatClass: 'B' }], new Map())).toThrow('vat_rates');
});

test.each([1.5, -1, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('%s is not an amount of shillings', (amount) => {
  expect(() => centsFromShillings(amount)).toThrow(RangeError);
});

test('cents that are not whole shillings do not reach M-PESA', () => {
  expect(wholeShillings(12_300n)).toBe(123);
  expect(() => wholeShillings(12_301n)).toThrow(RangeError);
});
