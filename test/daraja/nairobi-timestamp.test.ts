import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromNairobiTimestamp, toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';

it('writes the day that has begun in Nairobi, whatever the zone of this machine', () => {
  expect(toNairobiTimestamp(new Date('2026-12-31T21:00:00.999Z'))).toBe('20270101000000');
  expect(toNairobiTimestamp(new Date('2026-12-31T20:59:59.999Z'))).toBe('20261231235959');
});

it('reads back every second it writes', () => {
  const seconds = fc.integer({ min: Date.parse('2001-01-01') / 1000, max: Date.parse('2199-01-01') / 1000 });
  fc.assert(
    fc.property(seconds, (second) => {
      expect(fromNairobiTimestamp(toNairobiTimestamp(new Date(second * 1000)))?.getTime()).toBe(second * 1000);
    }),
  );
});

it.each([
  '',
  '2026',
  '20260230120000',
  '20261301000000',
  '20260101240000',
  '20260101006000',
  '2026010100000a',
  '202601010000001',
  ' 20260101000000',
])('finds no moment in "%s"', (text) => {
  expect(fromNairobiTimestamp(text)).toBeUndefined();
});
