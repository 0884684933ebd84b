/** A record of a workbook and, where it was too long for the format, the pieces that continue it. */
export type XlsRecord = { type: number; data: Buffer; continued: Buffer[] };

const CONTINUE = 0x3c;
const WIDE = 1;

/** The records of a part of a workbook, from a position on. Throws a `RangeError` for a stream that ends within a record's head. */
export function* readRecords(stream: Buffer, from: number): Generator<XlsRecord> {
  let at = from;
  let pending: XlsRecord | undefined;
  while (at < stream.length) {
    const [type, length] = [stream.readUInt16LE(at), stream.readUInt16LE(at + 2)];
    at += 4;
    const data = stream.subarray(at, at + length);
    at += length;
    if (type === CONTINUE) pending?.continued.push(data);
    else {
      if (pending) yield pending;
      pending = { type, data, continued: [] };
    }
  }
  if (pending) yield pending;
}

/** A text with its length before it: bytes of one code page in old workbooks; since 1997 a byte of flags says whether a character has one byte or two. */
export function readText(data: Buffer, at: number, isWide: boolean): string {
  const length = data.readUInt16LE(at);
  if (!isWide) return new TextDecoder('windows-1252').decode(data.subarray(at + 2, at + 2 + length));
  const isDouble = (data.readUInt8(at + 2) & WIDE) === WIDE;
  const end = at + 3 + (isDouble ? 2 * length : length);
  if (end > data.length) throw new RangeError('A text is cut off.');
  return data.toString(isDouble ? 'utf16le' : 'latin1', at + 3, end);
}
