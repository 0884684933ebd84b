import { CFB } from '@e965/xlsx';

type Value = string | number;

const LONGEST_RECORD = 8_224;

const record = (type: number, data: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
};
const words = (...values: number[]): Buffer => {
  const data = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) data.writeUInt16LE(value, index * 2);
  return data;
};
const double = (value: number): Buffer => {
  const data = Buffer.alloc(8);
  data.writeDoubleLE(value);
  return data;
};
const isWide = (text: string) => /[^\x20-\xff]/.test(text);

/** The shared texts, cut into records where Excel cuts: between two characters, with a byte of flags at the head of what continues one. */
function sharedStrings(texts: string[], cells: number): Buffer {
  const pieces: Buffer[][] = [[]];
  let room = LONGEST_RECORD;
  const put = (data: Buffer) => {
    pieces.at(-1)?.push(data);
    room -= data.length;
  };
  const next = () => {
    pieces.push([]);
    room = LONGEST_RECORD;
  };
  const counts = Buffer.alloc(8);
  counts.writeUInt32LE(cells, 0);
  counts.writeUInt32LE(texts.length, 4);
  put(counts);
  for (const text of texts) {
    const wide = isWide(text);
    let width = wide ? 2 : 1;
    if (room < 3 + width) next();
    put(Buffer.concat([words(text.length), Buffer.from([wide ? 1 : 0])]));
    for (let rest = Buffer.from(text, wide ? 'utf16le' : 'latin1'); rest.length > 0; ) {
      if (room < width) {
        next();
        const left = rest.toString(width === 2 ? 'utf16le' : 'latin1');
        width = isWide(left) ? 2 : 1; // Excel, too, goes on with one byte a character where that is enough
        rest = Buffer.from(left, width === 2 ? 'utf16le' : 'latin1');
        put(Buffer.from([width - 1]));
      }
      const part = rest.subarray(0, Math.floor(room / width) * width);
      put(part);
      rest = rest.subarray(part.length);
    }
  }
  return Buffer.concat(pieces.map((parts, index) => record(index === 0 ? 0xfc : 0x3c, Buffer.concat(parts))));
}

/** A workbook (BIFF8 in its OLE2 container) as the portal writes it: shared texts, numbers, one sheet. `claimedRow` moves the last row that far down. */
export function writeXls(rows: Value[][], { sheet = 'transaction', claimedRow }: { sheet?: string; claimedRow?: number } = {}): Buffer {
  const shared = new Map<string, number>();
  let cells = 0;
  const body: Buffer[] = [];
  for (const [index, row] of rows.entries()) {
    const rowIndex = claimedRow !== undefined && index === rows.length - 1 ? claimedRow : index;
    for (const [column, value] of row.entries()) {
      const place = words(rowIndex, column, 0);
      if (typeof value === 'number') body.push(record(0x203, Buffer.concat([place, double(value)])));
      else {
        const at = shared.get(value) ?? shared.size;
        shared.set(value, at);
        cells++;
        const reference = Buffer.alloc(4);
        reference.writeUInt32LE(at);
        body.push(record(0xfd, Buffer.concat([place, reference])));
      }
    }
  }
  const begin = (kind: number) => record(0x809, words(0x600, kind, 0x0dbb, 0x07cc, 0, 0, 6, 0));
  const end = record(0x0a, Buffer.alloc(0));
  const strings = sharedStrings([...shared.keys()], cells);
  const name = Buffer.from(sheet, 'latin1');
  const boundLength = 4 + 8 + name.length;
  const before = Buffer.concat([begin(5), record(0x42, words(1200))]);
  const sheetAt = Buffer.alloc(4);
  sheetAt.writeUInt32LE(before.length + boundLength + strings.length + end.length);
  const bound = record(0x85, Buffer.concat([sheetAt, Buffer.from([0, 0, name.length, 0]), name]));
  const stream = Buffer.concat([before, bound, strings, end, begin(0x10), ...body, end]);
  return containXls(stream);
}

/** Puts a stream of records into an OLE2 container. */
export function containXls(stream: Buffer): Buffer {
  const container = CFB.utils.cfb_new();
  CFB.utils.cfb_add(container, '/Workbook', stream);
  return Buffer.from(CFB.write(container, { type: 'buffer', fileType: 'cfb' }) as Uint8Array);
}
