import { receiptDay } from '../daraja/receipt-day.ts';
import type { Cell } from './rows.ts';
import { type Layout, StatementRefused } from './statement.ts';

/** What a column holds, by our name. */
export type Field =
  | 'receipt'
  | 'completed'
  | 'initiated'
  | 'details'
  | 'status'
  | 'paidIn'
  | 'withdrawn'
  | 'balance'
  | 'reason'
  | 'party'
  | 'linked'
  | 'reference'
  | 'currency'
  | 'store'
  | 'account';

/** Where each column of a layout stands, from 0, and what it is called there. */
export type Columns = { layout: Layout; at: Map<Field, number>; names: Map<Field, string>; count: number };

/** Names of columns, folded. The first one that a file has is used: the head office's file has only a start time, others have a completion time too. */
const NAMES: Record<Field, string[]> = {
  receipt: ['receipt no', 'receipt number', 'receipt'],
  completed: ['completion time', 'date', 'start timestamp'],
  initiated: ['initiation time'],
  details: ['details'],
  status: ['transaction status', 'status'],
  paidIn: ['paid in', 'credit amount'],
  withdrawn: ['withdrawn', 'debit amount'],
  balance: ['balance'],
  reason: ['reason type', 'transaction type'],
  party: ['other party info', 'other party', 'transaction party details'],
  linked: ['linked transaction id'],
  reference: ['a/c no'],
  currency: ['currency'],
  store: ['store name'],
  account: ['account type name'],
};
const NEEDED: Field[] = ['receipt', 'completed', 'paidIn', 'withdrawn'];

/** The daily drop's columns are known by position only: withdrawn stands before paid in. */
const DAILY: Field[] = ['receipt', 'completed', 'details', 'status', 'withdrawn', 'paidIn'];

const fold = (cell: Cell) =>
  String(cell ?? '')
    .toLowerCase()
    .replace(/\((?:kshs?|kes)\.?\)/g, ' ')
    .replace(/[._:]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** Whether a cell may be a receipt: ten characters that show a day, or an older form with digits in it. */
export const looksLikeReceipt = (cell: Cell): cell is string =>
  typeof cell === 'string' && (receiptDay(cell) !== undefined || /^(?=\D*\d)[A-Z0-9]{6,20}$/i.test(cell.trim()));

/** The columns of a header row, or undefined for any other row. Throws `StatementRefused` for a header that lacks what a line needs. */
export function findColumns(row: Cell[]): Columns | undefined {
  const names = row.map(fold);
  const isHeadOffice = names.includes('store name') && names.includes('receipt number');
  if (!isHeadOffice && !NAMES.receipt.includes(names[0] ?? '')) return undefined;
  if (!isHeadOffice && names.length < 3) return undefined;
  const at = new Map<Field, number>();
  for (const [field, candidates] of Object.entries(NAMES) as [Field, string[]][]) {
    const column = candidates.map((name) => names.indexOf(name)).find((index) => index >= 0);
    if (column !== undefined) at.set(field, column);
  }
  const missing = NEEDED.filter((field) => !at.has(field)).map((field) => `"${NAMES[field].join('" or "')}"`);
  if (missing.length > 0)
    throw new StatementRefused(
      'statement_layout_unknown',
      `The header has no column ${missing.join(' and none ')}. It reads: ${names.join(', ').slice(0, 300)}.`,
    );
  const written = new Map([...at].map(([field, column]) => [field, String(row[column] ?? '').trim()]));
  const count = row.findLastIndex((cell) => fold(cell) !== '') + 1;
  return { layout: isHeadOffice ? 'head_office' : 'plain', at, names: written, count };
}

/** The columns of a file without header, known by its name (`Mpesa_<shortcode>_<yyyymmdd>235959.csv`) and by a receipt in its first cell. */
export function dailyColumns(): Columns {
  return {
    layout: 'daily',
    at: new Map(DAILY.map((field, index) => [field, index])),
    names: new Map(DAILY.map((field, index) => [field, `column ${index + 1}`])),
    count: DAILY.length,
  };
}

/** The columns, shifted by as many places as the rows are off from their header, as happens in the head office's file. */
export function inStep(columns: Columns, row: Cell[]): Columns {
  const receipt = columns.at.get('receipt') ?? 0;
  const shift = [0, 1, -1].find((by) => looksLikeReceipt(row[receipt + by])) ?? 0;
  if (columns.layout !== 'head_office' || shift === 0) return columns;
  return {
    ...columns,
    at: new Map([...columns.at].map(([field, index]) => [field, index + shift])),
    count: columns.count + Math.max(shift, 0),
  };
}
