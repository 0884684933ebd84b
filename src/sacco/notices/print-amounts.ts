import { kes, wholeShillingsUp } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import type { Day } from '#ground/time/nairobi.ts';

/** What is to be paid, as whole shillings: `KES 1,250`. */
export const toPay = (cents: bigint): string => kes(100n * BigInt(wholeShillingsUp(cents)));

/** A day as `14 Dec 2026`. */
export const printDay = (day: Day, language: Language): string =>
  new Intl.DateTimeFormat(language === 'sw' ? 'sw-KE' : 'en-GB', { timeZone: 'UTC', dateStyle: 'medium' }).format(new Date(day));
