import { cleanWords } from '../daraja/clean-words.ts';
import { readAmount } from './read-amount.ts';
import { readClock } from './read-clock.ts';
import type { Cell } from './rows.ts';
import type { Statement } from './statement.ts';

/** What stands above the header, or in the file's name. */
export type Preamble = Pick<
  Statement,
  'holder' | 'shortcode' | 'account' | 'period' | 'reportedAt' | 'openingCents' | 'closingCents' | 'totalInCents' | 'totalOutCents'
>;

const LONGEST_NAME = 150;
const DAY_LESS_A_SECOND_MS = (24 * 60 * 60 - 1) * 1000;

const fold = (cell: Cell) =>
  String(cell ?? '')
    .trim()
    .toLowerCase()
    .replace(/\s*:$/, '');

/** An account type by one name: `Utility Account` and `UtilityAccount` are `utility`. */
export const accountName = (text: string): string =>
  cleanWords(text, LONGEST_NAME)
    .replace(/organi[sz]ation/i, 'organization')
    .replace(/\s*account$/i, '')
    .toLowerCase();

const present = <T extends object>(fields: { [K in keyof T]: T[K] | undefined }) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')) as Partial<T>;

/** Reads what the rows above the header say, each label wherever it stands. What is missing or cannot be read is absent. */
export function readPreamble(rows: Cell[][]): Preamble {
  const after = new Map<string, Cell>();
  for (const row of rows)
    for (const [index, cell] of row.entries()) if (fold(cell) !== '' && !after.has(fold(cell))) after.set(fold(cell), row[index + 1]);
  const text = (label: string) => cleanWords(String(after.get(label) ?? ''), LONGEST_NAME);
  const cents = (label: string) => (text(label) === '' ? undefined : readAmount(after.get(label)));
  const out = cents('total withdrawn');
  const [from, to] = [readClock(after.get('from')).at, readClock(after.get('to')).at];
  return present<Preamble>({
    holder: text('account holder'),
    shortcode: /^\d{5,8}$/.exec(text('short code'))?.[0],
    account: accountName(text('account')),
    period: from && to && from <= to ? { from, to } : undefined,
    reportedAt: readClock(after.get('date of report')).at,
    openingCents: cents('opening balance'),
    closingCents: cents('closing balance'),
    totalInCents: cents('total paid in'),
    totalOutCents: out !== undefined && out < 0n ? -out : out,
  });
}

/** What the names of exports show: `ORG_<code>_<Account>_All_<stamp>`, `Statements for <code> from <day> to <day>`, `Mpesa_<code>_<day>235959`. */
export function readFileName(fileName: string): Preamble & { isDaily: boolean } {
  const name = fileName.split(/[\\/]/).at(-1) ?? '';
  const [, code, fromDay, toDay] = /Statements for (\d{5,8}) from (\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2})/i.exec(name) ?? [];
  if (code) return { isDaily: false, shortcode: code, ...days(fromDay, toDay) };
  const [, biller, year, month, day] = /^Mpesa_(\d{5,8})_(\d{4})(\d{2})(\d{2})235959\b/i.exec(name) ?? [];
  if (biller) return { isDaily: true, shortcode: biller, ...days(`${year}-${month}-${day}`, `${year}-${month}-${day}`) };
  const [, org, account = ''] = /^ORG_(\d{5,8})_([A-Za-z]+)_All_\d{14}/.exec(name) ?? [];
  return org ? { isDaily: false, shortcode: org, account: accountName(account.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')) } : { isDaily: false };
}

function days(fromDay: string | undefined, toDay: string | undefined): { period?: { from: Date; to: Date } } {
  const [from, to] = [readClock(fromDay).at, readClock(toDay).at];
  return from && to && from <= to ? { period: { from, to: new Date(to.getTime() + DAY_LESS_A_SECOND_MS) } } : {};
}
