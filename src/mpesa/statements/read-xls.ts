import { readSharedStrings } from './read-shared-strings.ts';
import type { Cell, OnRow } from './rows.ts';
import { StatementRefused } from './statement.ts';
import { readRecords, readText, type XlsRecord } from './xls-records.ts';

/** Records of the format BIFF, by their numbers in [MS-XLS]. */
const RECORD = {
  boundSheet: 0x85,
  filePass: 0x2f,
  sst: 0xfc,
  endOfPart: 0x0a,
  beginOfPart: 0x809,
  number: 0x203,
  rk: 0x27e,
  mulRk: 0xbd,
  labelSst: 0xfd,
  label: 0x204,
  rString: 0xd6,
  formula: 0x06,
  string: 0x207,
  boolErr: 0x205,
};
const BIFF8 = 0x600;
const WORKSHEET = 0;

/** A number that Excel packed into 32 bits: an integer or the upper half of a double, perhaps times a hundred. */
function readRk(packed: number): number {
  const double = Buffer.alloc(8);
  double.writeInt32LE(packed & ~3, 4);
  const value = packed & 2 ? packed >> 2 : double.readDoubleLE();
  return packed & 1 ? value / 100 : value;
}

const locked = () => new StatementRefused('statement_unreadable', 'The workbook is protected by a password.');

/**
 * Reads the first sheet of an `.xls` row by row. SheetJS opens the container; the records in it are read here, one after the other, since SheetJS keeps every cell
 * and took more than 256 MB for 60,000 lines. Formulas are not evaluated: the value stored with one is read.
 */
export async function readXls(bytes: Uint8Array, onRow: OnRow): Promise<void> {
  const { CFB } = await import('@e965/xlsx');
  let stream: Buffer | undefined;
  let isEncrypted = false;
  try {
    const container = CFB.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { type: 'buffer' });
    const entry = CFB.find(container, '/Workbook') ?? CFB.find(container, '/Book');
    stream = entry && Buffer.from(entry.content as Uint8Array);
    isEncrypted = CFB.find(container, '/EncryptedPackage') !== null;
  } catch {
    stream = undefined;
  }
  if (isEncrypted) throw locked();
  if (!stream) throw new StatementRefused('statement_unreadable', 'The workbook (.xls) is damaged or cut off. Export it again.');
  try {
    readSheet(stream, onRow);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StatementRefused('statement_unreadable', 'The workbook (.xls) is damaged or cut off. Export it again.');
  }
}

function readSheet(stream: Buffer, onRow: OnRow): void {
  let version = 0;
  let sheetAt: number | undefined;
  let shared: string[] = [];
  for (const record of readRecords(stream, 0)) {
    if (record.type === RECORD.beginOfPart) version = record.data.readUInt16LE(0);
    if (record.type === RECORD.filePass) throw locked();
    if (record.type === RECORD.boundSheet && record.data[5] === WORKSHEET) sheetAt ??= record.data.readUInt32LE(0);
    if (record.type === RECORD.sst) shared = readSharedStrings(record);
    if (record.type === RECORD.endOfPart) break;
  }
  if (sheetAt === undefined) throw new StatementRefused('statement_unreadable', 'The workbook has no sheet.');
  readCells(stream, sheetAt, version === BIFF8, shared, onRow);
}

function readCells(stream: Buffer, sheetAt: number, isWide: boolean, shared: string[], onRow: OnRow): void {
  let cells: Cell[] = [];
  let rowIndex = -1;
  let textOf: number | undefined; // the column of a formula whose text follows in a record of its own
  const put = (row: number, column: number, value: Cell) => {
    if (row < rowIndex) throw new RangeError('Rows of a sheet ascend.');
    if (row > rowIndex) {
      if (cells.length > 0) onRow(Array.from(cells), rowIndex + 1);
      [cells, rowIndex] = [[], row];
    }
    if (column < 256) cells[column] = value;
  };
  for (const record of readRecords(stream, sheetAt)) {
    const { type, data } = record;
    if (type === RECORD.endOfPart) {
      if (cells.length > 0) onRow(Array.from(cells), rowIndex + 1);
      return;
    }
    if (type === RECORD.string && textOf !== undefined) {
      cells[textOf] = readText(data, 0, isWide);
      textOf = undefined;
    }
    const read = cellReaders[type];
    if (!read) continue;
    const [row, column] = [data.readUInt16LE(0), data.readUInt16LE(2)];
    for (const [index, value] of read(record, isWide, shared).entries()) put(row, column + index, value);
    if (type === RECORD.formula && data.readUInt16LE(12) === 0xffff && data[6] === 0) textOf = column;
  }
  throw new RangeError('The sheet has no end.');
}

const cellReaders: { [type: number]: ((record: XlsRecord, isWide: boolean, shared: string[]) => Cell[]) | undefined } = {
  [RECORD.number]: ({ data }) => [data.readDoubleLE(6)],
  [RECORD.rk]: ({ data }) => [readRk(data.readInt32LE(6))],
  [RECORD.mulRk]: ({ data }) =>
    Array.from({ length: Math.floor((data.length - 6) / 6) }, (_, index) => readRk(data.readInt32LE(6 + 6 * index))),
  [RECORD.labelSst]: ({ data }, _, shared) => [shared[data.readUInt32LE(6)]],
  [RECORD.label]: ({ data }, isWide) => [readText(data, 6, isWide)],
  [RECORD.rString]: ({ data }, isWide) => [readText(data, 6, isWide)],
  [RECORD.formula]: ({ data }) => [data.readUInt16LE(12) === 0xffff ? undefined : data.readDoubleLE(6)],
  [RECORD.boolErr]: ({ data }) => [data[7] === 1 ? '#ERROR' : data[6] === 1 ? 'TRUE' : 'FALSE'],
};
