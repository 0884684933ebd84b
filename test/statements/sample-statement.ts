import { utils, write } from '@e965/xlsx';
import { stringify } from 'csv-stringify/sync';
import { writeXls } from './write-xls.ts';

export type Row = (string | number)[];

/** The header of today's exports. */
export const HEADER =
  'Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.,Currency'.split(
    ',',
  );

/** The six rows above it. */
export const preamble = ({ shortcode = '600981', opening = 0, closing = 0, paidIn = 0, withdrawn = 0 } = {}): Row[] => [
  ['Account Holder:', 'MFANO TRADERS LIMITED'],
  ['Short Code:', shortcode],
  ['Account:', 'Utility Account'],
  ['Time Period:', 'From', '28-11-2026 00:00:00', 'To', '28-11-2026 23:59:59'],
  ['Operator:', 'tester1', 'Organization:', 'MFANO TRADERS LIMITED', 'Date of Report:', '29-11-2026 07:00:01'],
  [
    'Opening Balance:',
    opening,
    'Closing Balance:',
    closing,
    'Available Balance:',
    '',
    'Total Paid In:',
    paidIn,
    'Total Withdrawn:',
    -withdrawn,
  ],
];

/** A payment's row; `number` gives receipt and time their order. */
export function paymentRow(number: number, { amount = 10, balance = 0, day = '28-11-2026', code = 'UKS', total = 100_000 } = {}): Row {
  const time = new Date(Math.floor((86_399 * number) / total) * 1000).toISOString().slice(11, 19);
  const party = `2547${number % 10}****${100 + (number % 900)} - AMINA **** MFANO${number}`;
  const receipt = `${code}${(number + 1_000_000).toString(36).toUpperCase().padStart(7, 'A')}`;
  const at = `${day} ${time}`;
  const details = `Pay Bill from ${party} Acc. INV-${number}`;
  return [receipt, at, at, details, 'Completed', amount, '', balance, 'true', 'Pay Utility', party, '', ` INV-${number}`, 'KES'];
}

/** A day of so many payments of ten shillings, newest first. */
export function manyPayments(count: number): Row[] {
  const rows = Array.from({ length: count }, (_, index) => paymentRow(count - index, { balance: 10 * (count - index), total: count }));
  return [...preamble({ closing: 10 * count, paidIn: 10 * count }), HEADER, ...rows];
}

export const toCsv = (rows: Row[], { bom = false, windows = true } = {}): Buffer =>
  Buffer.from((bom ? '\ufeff' : '') + stringify(rows, { record_delimiter: windows ? '\r\n' : '\n' }));

/** A workbook as SheetJS writes it. */
export function toWorkbook(rows: Row[], bookType: 'xls' | 'xlsx', options: { bookSST?: boolean; compression?: boolean } = {}): Buffer {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(rows), 'transaction');
  return write(book, { type: 'buffer', bookType, compression: true, ...options });
}

/** The forms in which the same rows may come. */
export const FORMS: Record<string, (rows: Row[]) => Buffer> = {
  'a .csv of the portal': (rows) => toCsv(rows),
  'a .csv after a spreadsheet': (rows) => toCsv(rows, { bom: true, windows: false }),
  'an .xls with texts in place': (rows) => toWorkbook(rows, 'xls'),
  'an .xls with shared texts': (rows) => writeXls(rows),
  'an .xlsx with texts in place': (rows) => toWorkbook(rows, 'xlsx'),
  'an .xlsx with shared texts': (rows) => toWorkbook(rows, 'xlsx', { bookSST: true }),
};
