import { checkBalance } from './check-balance.ts';
import { checkDates } from './check-dates.ts';
import { type Columns, dailyColumns, findColumns, inStep, looksLikeReceipt } from './find-columns.ts';
import { LISTED_PROBLEMS, PREAMBLE_ROWS, UNPACKED_BYTES } from './limits.ts';
import { numberRepeats } from './line-key.ts';
import { readCsv } from './read-csv.ts';
import { type ReadLine, readLine } from './read-line.ts';
import { type Preamble, readFileName, readPreamble } from './read-preamble.ts';
import { readXls } from './read-xls.ts';
import { readXlsx } from './read-xlsx.ts';
import type { Cell, OnRow } from './rows.ts';
import { type Period, type Problem, type Refused, type Statement, StatementRefused } from './statement.ts';

const OLE2 = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const PDF = Buffer.from('%PDF-');
const ZIP = Buffer.from('PK\x03\x04');

/** What is gathered while the rows of a file are read. */
type Gathered = {
  preamble: Preamble;
  columns: Columns | undefined;
  read: ReadLine[];
  problems: Problem[];
  unreadable: number;
  problemCount: number;
};

/**
 * Reads an export of an organisation's M-PESA portal: `.xls`, `.xlsx` or `.csv`, known by its content and never by its name. Nothing is booked or
 * judged here. What cannot be read is listed line by line; a file that is no statement comes back as a refusal in words. For files of strangers
 * see `readStatementSafely`, which also limits memory and time.
 */
export async function readStatement(bytes: Uint8Array, fileName: string): Promise<Statement | Refused> {
  try {
    if (bytes.length === 0) throw new StatementRefused('statement_unreadable', 'The file is empty.');
    if (bytes.length > UNPACKED_BYTES)
      throw new StatementRefused(
        'statement_too_large',
        `The file is larger than ${UNPACKED_BYTES / 1024 / 1024} MB. Export a shorter period.`,
      );
    if (begins(bytes, PDF))
      throw new StatementRefused('statement_unreadable', 'This is a PDF, which cannot be read here. Export the statement as Excel or CSV.');
    return assemble(await gather(bytes, readFileName(fileName)));
  } catch (error) {
    if (error instanceof StatementRefused) return { outcome: 'refused', code: error.code, message: error.message };
    throw error;
  }
}

const begins = (bytes: Uint8Array, magic: Buffer) => magic.equals(bytes.subarray(0, magic.length));

async function gather(bytes: Uint8Array, named: ReturnType<typeof readFileName>): Promise<Gathered> {
  const { isDaily, ...fromName } = named;
  const gathered: Gathered = { preamble: fromName, columns: undefined, read: [], problems: [], unreadable: 0, problemCount: 0 };
  const above: Cell[][] = [];
  const isText = !begins(bytes, OLE2) && !begins(bytes, ZIP);
  let inStepColumns: Columns | undefined;
  const unreadable = (row: Problem[]) => {
    gathered.unreadable++;
    gathered.problemCount += row.length;
    if (gathered.problems.length < LISTED_PROBLEMS) gathered.problems.push(...row);
  };
  const onRow: OnRow = (row, lineNumber) => {
    if (!gathered.columns) {
      const isFirstDaily = isDaily && looksLikeReceipt(row[0]);
      gathered.columns = isFirstDaily ? dailyColumns() : findColumns(row);
      if (gathered.columns) gathered.preamble = { ...fromName, ...readPreamble(above) };
      else if (above.push(row) > PREAMBLE_ROWS) throw unknownLayout(above);
      if (!isFirstDaily) return;
    }
    inStepColumns ??= inStep(gathered.columns as Columns, row);
    const line = readLine(row, lineNumber, { columns: inStepColumns, isText, account: gathered.preamble.account });
    if (!Array.isArray(line)) gathered.read.push(line);
    else if (line.length > 0) unreadable(line);
  };
  if (begins(bytes, OLE2)) await readXls(bytes, onRow);
  else if (begins(bytes, ZIP)) await readXlsx(bytes, onRow);
  else readCsv(bytes, onRow, (problem) => unreadable([problem]));
  if (!gathered.columns) throw unknownLayout(above);
  return gathered;
}

function unknownLayout(rows: Cell[][]): StatementRefused {
  const begun = rows.find((row) => row.some((cell) => String(cell ?? '').trim() !== '')) ?? [];
  const seen = begun.map((cell) => String(cell ?? '').slice(0, 30)).join(', ');
  return new StatementRefused(
    'statement_layout_unknown',
    `No row ${rows.length > PREAMBLE_ROWS ? `in the first ${PREAMBLE_ROWS} ` : ''}begins with "Receipt No." or "Receipt No", as the header of a statement from the M-PESA portal does: send the file as the portal wrote it, unopened. The file begins with: ${seen.slice(0, 200)}`,
  );
}

function assemble({ preamble, columns, read, problems, unreadable, problemCount }: Gathered): Statement {
  const disagreements = checkDates(read);
  const all = read.map(({ line }) => line);
  const isCompleted = (status: string) => status.toLowerCase() === 'completed';
  const lines = all.filter(({ status }) => isCompleted(status));
  const hasPreamble = columns?.layout === 'plain' && preamble.account !== undefined;
  const later = [...disagreements, ...numberRepeats(lines), ...outside(lines, preamble.period)];
  const covers = coveredBy(preamble, lines);
  const statement: Omit<Statement, 'checks'> = {
    outcome: 'read',
    layout: hasPreamble ? 'preamble' : (columns?.layout ?? 'plain'),
    ...preamble,
    ...(covers && { covers }),
    lines,
    others: all.filter(({ status }) => !isCompleted(status)),
    unreadableCount: unreadable,
    problems: [...problems, ...later].slice(0, LISTED_PROBLEMS).sort((a, b) => (a.lineNumber ?? 0) - (b.lineNumber ?? 0)),
    problemCount: problemCount + later.length,
  };
  return { ...statement, checks: checkBalance(statement) };
}

/** The time that a statement covers: its period, but a report made during the period knows nothing of what came after. */
function coveredBy({ period, reportedAt }: Preamble, lines: Statement['lines']): Period | undefined {
  const newest = lines.reduce((latest, { completedAt }) => Math.max(latest, completedAt.getTime()), Number.NEGATIVE_INFINITY);
  const known = reportedAt?.getTime() ?? newest;
  if (!period || known < period.from.getTime()) return undefined;
  return { from: period.from, to: new Date(Math.min(period.to.getTime(), known)) };
}

function outside(lines: Statement['lines'], period: Period | undefined): Problem[] {
  if (!period) return [];
  return lines
    .filter(({ completedAt }) => completedAt < period.from || completedAt > period.to)
    .map(({ lineNumber, receipt }) => ({
      lineNumber,
      text: receipt,
      problem: 'The line is outside the period of the statement.',
    }));
}
