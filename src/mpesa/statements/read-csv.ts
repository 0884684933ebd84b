import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { CELL_CHARACTERS, ROWS } from './limits.ts';
import type { OnRow } from './rows.ts';
import { type Problem, StatementRefused } from './statement.ts';

const LONGEST_ROW = 20 * CELL_CHARACTERS;

/** Text as UTF-8: as it is, or converted from the Windows code page that spreadsheets use. Throws for what is no text. */
function toUtf8(bytes: Uint8Array): Buffer {
  if (bytes.includes(0))
    throw new StatementRefused(
      'statement_unreadable',
      'This is neither a text (CSV) nor an Excel file: it holds bytes of zero. Export the statement from the M-PESA portal again, as Excel or CSV, and send the file unopened.',
    );
  return isUtf8(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(new TextDecoder('windows-1252').decode(bytes));
}

const refuse = ({ code }: CsvError, lineNumber: number): StatementRefused =>
  new StatementRefused(
    'statement_unreadable',
    code === 'CSV_MAX_RECORD_SIZE'
      ? `The row at line ${lineNumber} has more than ${LONGEST_ROW} characters: this is no statement, or a quotation mark is not closed.`
      : `The text cannot be read from line ${lineNumber} on: a quotation mark is not closed, or the file is cut off. Export it from the M-PESA portal again, and send it unopened.`,
  );

/**
 * Reads comma-separated text row by row. A quotation mark in the middle of an unquoted cell makes that row alone unreadable. Any other misplaced one makes it
 * unclear where rows end, and the whole file is refused.
 */
export function readCsv(bytes: Uint8Array, onRow: OnRow, onMisquoted: (problem: Problem) => void): void {
  let rows = 0;
  let misquotedAt = 0;
  let readUpTo = 0;
  try {
    parse(toUtf8(bytes), {
      bom: true,
      relax_column_count: true,
      skip_records_with_error: true,
      max_record_size: LONGEST_ROW,
      on_skip: (error) => {
        if (error?.code !== 'INVALID_OPENING_QUOTE') throw error;
        const lineNumber = Number(error.lines);
        if (lineNumber !== misquotedAt)
          onMisquoted({ lineNumber, problem: 'A quotation mark stands amid a cell that is not in quotation marks.' });
        misquotedAt = lineNumber; // one row may have several
      },
      on_record: (record: string[], { lines }) => {
        if (++rows > ROWS)
          throw new StatementRefused('statement_too_large', `The file has more than ${ROWS} rows. Export a shorter period.`);
        onRow(record, lines);
        readUpTo = lines;
        return null; // nothing is collected
      },
    });
  } catch (error) {
    throw error instanceof CsvError ? refuse(error, Math.max(readUpTo, misquotedAt) + 1) : error;
  }
}
