import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newReference, readReference } from '#ground/references/reference.ts';
import { readPhone } from '#ground/text/phone.ts';

const references = Array.from({ length: 300 }, () => newReference('PY'));

test('a reference fits Safaricom, and is read back as people type it', () => {
  for (const reference of references) {
    expect(reference).toMatch(/^PY-[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(reference.length).toBeLessThanOrEqual(12);
    const typed = ` ${reference.toLowerCase().replace('-', ' ').replace(/0/g, 'o').replace(/1/g, 'l')} `;
    expect(readReference(typed)).toBe(reference);
  }
});

test('one wrong character is always noticed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...references),
      fc.integer({ min: 3, max: 10 }),
      fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'),
      (reference, at, other) => {
        fc.pre(reference[at] !== other);
        expect(readReference(reference.slice(0, at) + other + reference.slice(at + 1))).toBeUndefined();
      },
    ),
    { seed: 7 },
  );
});

test.each([
  '0712345678',
  '712345678',
  '0712 345 678',
  '+254 712 345 678',
  '254712345678',
  '00254712345678',
  '0712-345-678',
  '(0712) 345678',
])('%s is 254712345678', (typed) => {
  expect(readPhone(typed)).toBe('254712345678');
});

test.each(['0112345678', '112345678', '+254112345678'])('%s is a mobile number of the newer range', (typed) => {
  expect(readPhone(typed)).toBe('254112345678');
});

test.each(['', '07123', '07123456789', '0202345678', '+255712345678', '+14155550100', 'phone', '2547 ***** 126'])(
  '%j is not a Kenyan mobile number',
  (typed) => {
    expect(readPhone(typed)).toBeUndefined();
  },
);
