import type { Cell } from './statement-layouts.ts';

/** A file under the portal's name for it, and its text where it is a text file. */
export type StatementFile = { name: string; contentType: string; base64: string; text: string | null };

type Written = {
  name: string;
  format: 'csv' | 'xls' | 'xlsx';
  sheet: string;
  cells: Cell[][];
  /** Whether text writes amounts as 67,920.50. */
  thousands: boolean;
};

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};
const AMOUNT = '#,##0.00';

/** Writes cells as a file: CSV, or a workbook of one sheet in which amounts are numbers and all else is text. */
export async function writeStatement({ name, format, sheet, cells, thousands }: Written): Promise<StatementFile> {
  const contentType = TYPES[format];
  if (format === 'csv') {
    const text = csv(cells, thousands);
    return { name, contentType, base64: Buffer.from(text).toString('base64'), text };
  }
  // Loaded here, so that the simulator needs nothing but zod where no workbook is asked for.
  const { utils, write } = await import('@e965/xlsx');
  const typed = cells.map((row) => row.map((cell) => (typeof cell === 'number' ? { t: 'n', v: cell, z: AMOUNT } : { t: 's', v: cell })));
  const book = utils.book_new(utils.aoa_to_sheet(typed), sheet);
  return { name, contentType, base64: write(book, { type: 'base64', bookType: format }) as string, text: null };
}

/** Lines that end in CRLF, quotes only where needed. */
function csv(rows: Cell[][], thousands: boolean): string {
  const amount = (value: number) =>
    thousands ? value.toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : value.toFixed(2);
  const written = (cell: Cell) => {
    const text = typeof cell === 'number' ? amount(cell) : cell;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(written).join(',')}\r\n`).join('');
}
