import type { CellObject, WorkBook } from '@e965/xlsx';
import { ROWS } from './limits.ts';
import { measureArchive } from './measure-archive.ts';
import type { Cell, OnRow } from './rows.ts';
import { StatementRefused } from './statement.ts';

const NEEDED = ['[Content_Types].xml', 'xl/workbook.xml'];

/** Names of entries that make SheetJS read an archive as another program's file, in one case as an archive within it, which is not measured. */
const OTHER_KINDS = /^\/?(META-INF\/|Index|objectdata\.xml)/i;

const cellValue = (cell: CellObject | undefined): Cell => {
  if (cell?.t === 'e') return '#ERROR';
  if (typeof cell?.v === 'number' || typeof cell?.v === 'string') return cell.v;
  return cell?.v === undefined ? undefined : String(cell.v);
};

/** Reads the first sheet of an `.xlsx` row by row. Formulas are not evaluated: the value stored with one is read. */
export async function readXlsx(bytes: Uint8Array, onRow: OnRow): Promise<void> {
  const names = await measureArchive(bytes);
  if (!NEEDED.every((name) => names.includes(name)) || names.some((name) => OTHER_KINDS.test(name)))
    throw new StatementRefused(
      'statement_unreadable',
      'This archive is no Excel workbook (.xlsx). Send the statement itself, as it was exported.',
    );
  const { read } = await import('@e965/xlsx');
  let workbook: WorkBook;
  try {
    workbook = read(bytes, {
      type: 'buffer',
      dense: true,
      sheets: 0,
      sheetRows: ROWS + 1,
      cellText: false,
      cellHTML: false,
      cellFormula: false,
    });
  } catch {
    throw new StatementRefused('statement_unreadable', 'The workbook is damaged. Export it again.');
  }
  const sheet = workbook.Sheets[workbook.SheetNames[0] ?? ''];
  const rows: (CellObject[] | undefined)[] = sheet?.['!data'] ?? [];
  if (rows.length > ROWS)
    throw new StatementRefused('statement_too_large', `The sheet has more than ${ROWS} rows. Export a shorter period.`);
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    rows[index] = undefined; // the memory does not hold a long sheet and its lines at the same time
    if (row) onRow(Array.from(row, cellValue), index + 1);
  }
}
