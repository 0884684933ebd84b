import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { CELL_CHARACTERS, ROWS } from './limits.ts';
import type { OnRow } from './rows.ts';
import { type Problem, StatementRefused } from './statement.ts';

const LONGEST_ROW = 20 * CELL_CHARACTERS;

/** Text as UTF-8: as it is, or written anew from the code page of Windows, which spreadsheets use. Throws for what is no text. */
function toUtf8(bytes: Uint8Array): Buffer {
  if (bytes.includes(0))
    throw new StatementRefused('statement_unreadable', 'This is no text file: it holds bytes of zero. Save it as "CSV UTF-8".');
  return isUtf8(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(new TextDecoder('windows-1252').decode(bytes));
}

/** Reads comma-separated text row by row. A row whose quotation marks do not fit is a problem of its own. */
export function readCsv(bytes: Uint8Array, onRow: OnRow, onMisquoted: (problem: Problem) => void): void {
  let rows = 0;
  try {
    parse(toUtf8(bytes), {
      bom: true,
      relax_column_count: true,
      skip_records_with_error: true,
      max_record_size: LONGEST_ROW,
      on_skip: (error) => {
        const lineNumber = Number(error?.lines) || undefined;
        onMisquoted({ ...(lineNumber !== undefined && { lineNumber }), problem: 'The quotation marks of this row do not fit.' });
      },
      on_record: (record: string[], { lines }) => {
        if (++rows > ROWS)
          throw new StatementRefused('statement_too_large', `The file has more than ${ROWS} rows. Export a shorter period.`);
        onRow(record, lines);
        return null; // nothing is collected
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new StatementRefused(
      'statement_unreadable',
      error.code === 'CSV_MAX_RECORD_SIZE'
        ? `The row at line ${String(error.lines)} has more than ${LONGEST_ROW} characters: this is no statement, or a quotation mark is not closed.`
        : `The text cannot be read from line ${String(error.lines)} on: ${error.message}. Is the file cut off?`,
    );
  }
}
