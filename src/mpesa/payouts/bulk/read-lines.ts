import { centsFromShillings } from '#ground/money/cents.ts';
import { readPhone } from '#ground/text/phone.ts';

/** One checked line: `line` is its number in the file, where the first one is 1. */
export type BulkLine = { line: number; phone: string; amountCents: bigint; name?: string; ownReference?: string };

/** What is wrong in one line, and what to write there instead. */
export type LineError = { line: number; column: string; message: string };

const MOST_LINES = 5_000;
const LEAST_SHILLINGS = 10;
const MOST_SHILLINGS = 10_000_000;
const LONGEST_ROW = 2_000;

type Column = 'phone' | 'amount' | 'name' | 'reference';
type Cells = { line: number; isLonger?: boolean } & Partial<Record<Column, unknown>>;

/** The names that a column may have, in any case. */
const COLUMNS: Record<string, Column> = {
  ...{ phone: 'phone', 'phone number': 'phone', phonenumber: 'phone', mobile: 'phone', msisdn: 'phone' },
  ...{
    amount: 'amount',
    'amount (kes)': 'amount',
    name: 'name',
    remarks: 'name',
    reason: 'name',
    reference: 'reference',
    ref: 'reference',
  },
};

/** Reads a file of payees: CSV with a header (comma, semicolon or tab), or JSON lines. Each line is checked; what is wrong is said of every one. */
export async function readLines(bytes: Uint8Array): Promise<{ lines: BulkLine[]; errors: LineError[] }> {
  const text = decode(bytes);
  if (typeof text !== 'string') return { lines: [], errors: [text] };
  const read = /^\s*\{/.test(text) ? readJsonLines(text) : await readTable(text);
  if ('line' in read) return { lines: [], errors: [read] };
  if (read.length === 0) return { lines: [], errors: [{ line: 1, column: '', message: 'The file has no lines beside its header.' }] };
  if (read.length > MOST_LINES)
    return { lines: [], errors: [{ line: MOST_LINES + 1, column: '', message: `Send at most ${MOST_LINES} lines: split the file.` }] };
  const errors: LineError[] = [];
  const lines = read.flatMap((cells) => {
    const checked = checkLine(cells);
    if (Array.isArray(checked)) errors.push(...checked);
    return Array.isArray(checked) ? [] : [checked];
  });
  return { lines, errors: [...errors, ...usedTwice(lines)].sort((a, b) => a.line - b.line) };
}

/** Text as UTF-8, or from the Windows code page of spreadsheets, which is never what an Excel file itself is. */
function decode(bytes: Uint8Array): string | LineError {
  if (bytes.includes(0))
    return { line: 1, column: '', message: 'This is no text: save the sheet as CSV (comma-separated), and send that.' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

async function readTable(text: string): Promise<Cells[] | LineError> {
  const { CsvError, parse } = await import('csv-parse/sync'); // as large as all our own code: only where there is a table
  try {
    const [header = ''] = text.trimStart().split(/\r\n|\n|\r/, 1);
    const delimiter = [';', '\t'].find((each) => header.includes(each)) ?? ',';
    const rows: { record: string[]; line: number }[] = [];
    parse(text, {
      ...{ delimiter, trim: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_empty_values: true },
      ...{ max_record_size: LONGEST_ROW, to: MOST_LINES + 2 },
      on_record: (record: string[], { lines: line }) => {
        rows.push({ record, line });
        return null; // nothing is collected
      },
    });
    const written = rows.shift()?.record ?? [];
    const twice = namedTwice(written);
    if (twice) return { line: 1, ...twice };
    const names = written.map((name) => COLUMNS[name.toLowerCase()]);
    const missing = (['phone', 'amount'] as const).filter((name) => !names.includes(name));
    if (missing.length > 0)
      return {
        ...{ line: 1, column: missing.join(', ') },
        message: 'The first line names the columns: phone, amount, and if you like name and reference.',
      };
    return rows.map(({ record, line }) => ({
      line,
      isLonger: record.slice(names.length).some((cell) => cell !== ''),
      ...Object.fromEntries(names.flatMap((name, n) => (name && record[n] ? [[name, record[n]]] : []))),
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines = 1 } = error as { lines?: number };
    return {
      line: lines,
      column: '',
      message: 'The file cannot be read from here on: a quotation mark is not closed, or a row is too long.',
    };
  }
}

function readJsonLines(text: string): Cells[] | LineError {
  const cells: Cells[] = [];
  for (const [n, row] of text.split(/\r?\n/).entries()) {
    if (row.trim() === '') continue;
    const read = parseObject(row);
    if (!read) return { line: n + 1, column: '', message: 'Write one JSON object in each line, {"phone": "0712345678", "amount": 1500}.' };
    const twice = namedTwice(Object.keys(read));
    if (twice) return { line: n + 1, ...twice };
    const known = Object.entries(read).flatMap(([name, value]) => {
      const column = COLUMNS[name.toLowerCase()];
      return column ? [{ column, value }] : [];
    });
    const [odd] = known.filter(({ value }) => !isCell(value));
    if (odd) return { line: n + 1, column: odd.column, message: 'Write text in quotation marks here, or a number.' };
    cells.push({ line: n + 1, ...Object.fromEntries(known.map(({ column, value }) => [column, value])) });
  }
  return cells;
}

/** Two names that mean the same: which of them is meant is not guessed where money follows. */
function namedTwice(names: readonly string[]): Pick<LineError, 'column' | 'message'> | undefined {
  for (const name of names) {
    const column = COLUMNS[name.toLowerCase()];
    const same = names.filter((each) => column !== undefined && COLUMNS[each.toLowerCase()] === column);
    if (column && same.length > 1)
      return { column, message: `${same.map((each) => `"${each}"`).join(' and ')} both mean ${column}: keep one of them.` };
  }
  return undefined;
}

const isCell = (value: unknown): boolean => value === null || typeof value === 'string' || typeof value === 'number';

function parseObject(text: string): object | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function checkLine(cells: Cells): BulkLine | LineError[] {
  const { line, isLonger } = cells;
  const errors: LineError[] = [];
  const wrong = (column: Column, message: string) => void errors.push({ line, column, message });
  const typed = String(cells.phone ?? '').trim();
  const phone = typed.length > 40 ? undefined : readPhone(typed);
  if (!phone)
    wrong(
      'phone',
      /^\d[.,]\d+E\+\d+$/i.test(typed)
        ? 'The spreadsheet has rounded this number: make the column text, and enter the number again.'
        : 'Enter a Kenyan mobile number like 0712 345 678.',
    );
  if (isLonger)
    wrong('amount', 'The line has more cells than the header: write an amount without commas, and text with a comma in quotation marks.');
  const amountCents = readAmount(cells.amount);
  if (amountCents === undefined)
    wrong('amount', `Enter whole shillings, ${LEAST_SHILLINGS} to ${MOST_SHILLINGS.toLocaleString('en')}, like 1500.`);
  const [name, ownReference] = [readText(cells.name, 100), readText(cells.reference, 64)];
  if (name === undefined) wrong('name', 'Write at most 100 characters on one line.');
  else if (/^[\d.\s]+$/.test(name)) wrong('name', 'This is a number: if it belongs to the amount, write that without commas.');
  if (ownReference === undefined) wrong('reference', 'Write at most 64 characters on one line.');
  if (!phone || amountCents === undefined || errors.length > 0) return errors;
  return { line, phone, amountCents, ...(name && { name }), ...(ownReference && { ownReference }) };
}

/** Whole shillings as people and spreadsheets write them: 1500, 1,500, KES 1,500.00. A comma stands before three digits. */
function readAmount(typed: unknown): bigint | undefined {
  const text = String(typed ?? '')
    .trim()
    .replace(/^(kes|ksh\.?|kshs\.?)\s*/i, '');
  if (!/^(\d{1,8}|\d{1,3}(,\d{3})+)(\.0{1,2})?$/.test(text)) return undefined;
  const amount = Number(text.replaceAll(',', ''));
  return amount >= LEAST_SHILLINGS && amount <= MOST_SHILLINGS ? centsFromShillings(amount) : undefined;
}

/** A text cell, empty where there is none; undefined where it does not fit. */
function readText(value: unknown, most: number): string | undefined {
  const text = String(value ?? '').trim();
  return text.length <= most && /^[^\p{Cc}\ufffd]*$/u.test(text) && text.isWellFormed() ? text : undefined;
}

function usedTwice(lines: BulkLine[]): LineError[] {
  const first = new Map<string, number>();
  return lines.flatMap(({ line, ownReference }) => {
    if (ownReference === undefined) return [];
    const earlier = first.get(ownReference);
    first.set(ownReference, earlier ?? line);
    const message = `Line ${earlier} has this reference too: give each payment its own.`;
    return earlier === undefined ? [] : [{ line, column: 'reference', message }];
  });
}
