import type { Day } from '#ground/time/nairobi.ts';

export type Language = 'en' | 'sw';

const number = (value: number, decimals: number): string =>
  value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** Cents as `KES 1,250`, with decimals only where there are cents. */
export const money = (cents: bigint): string => `KES ${number(Number(cents) / 100, cents % 100n === 0n ? 0 : 2)}`;

/** Cents as the whole shillings that pay them: M-PESA moves no cents. */
export const wholeShillingsUp = (cents: bigint): number => Number((cents + 99n) / 100n);

/** What is to be paid, as whole shillings: `KES 1,250`. */
export const toPay = (cents: bigint): string => `KES ${number(wholeShillingsUp(cents), 0)}`;

/** A day as `14 Dec 2026`. */
export const printDay = (day: Day, language: Language): string =>
  new Intl.DateTimeFormat(language === 'sw' ? 'sw-KE' : 'en-GB', { timeZone: 'UTC', dateStyle: 'medium' }).format(new Date(day));
