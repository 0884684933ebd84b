import type { Cell } from './rows.ts';

const WRITTEN = /^([-+]?)(\d{1,13}|\d{1,3}(?:,\d{3}){1,4})(?:\.(\d{1,2}))?$/;
const LARGEST = 1e13;
const NOISE = 1e-4; // a spreadsheet's sums are binary: 67920.49999999999 is 67,920.50

/** Cents of an amount as statements write it (`-15000.00`, `"1,100.50"`, a number of a workbook); 0n for an empty cell; undefined for anything else. */
export function readAmount(cell: Cell): bigint | undefined {
  if (typeof cell === 'number') {
    const cents = Math.round(cell * 100);
    return Math.abs(cell) < LARGEST && Math.abs(cell - cents / 100) < NOISE ? BigInt(cents) : undefined;
  }
  const text = (cell ?? '').trim();
  if (text === '' || text === '-') return 0n;
  const [, sign, shillings = '', cents = ''] = WRITTEN.exec(text) ?? [];
  if (!shillings) return undefined;
  const amount = BigInt(shillings.replaceAll(',', '')) * 100n + BigInt(cents.padEnd(2, '0'));
  return sign === '-' ? -amount : amount;
}
