import type { XlsRecord } from './xls-records.ts';

const WIDE = 1;
const EXTENDED = 4;
const RICH = 8;

/**
 * The texts that a workbook keeps once for all of its cells. A text may continue in the next piece of the record, which then begins with a byte of flags of its own;
 * fonts and phonetics after a text are skipped. Throws a `RangeError` where the record is cut off.
 */
export function readSharedStrings({ data, continued }: XlsRecord): string[] {
  const pieces = [data, ...continued];
  let piece = data;
  let at = 8; // behind the two counts
  let index = 0;
  const nextPiece = () => {
    const next = pieces[++index];
    if (!next) throw new RangeError('The shared texts are cut off.');
    [piece, at] = [next, 0];
  };
  const skip = (count: number) => {
    for (let left = count; left > 0; ) {
      if (at >= piece.length) nextPiece();
      const part = Math.min(left, piece.length - at);
      at += part;
      left -= part;
    }
  };
  const readCharacters = (count: number, flags: number): string => {
    let text = '';
    let width = flags & WIDE ? 2 : 1;
    for (let left = count; left > 0; ) {
      if (at >= piece.length) {
        nextPiece();
        width = piece.readUInt8(at++) & WIDE ? 2 : 1;
      }
      const part = Math.min(left, Math.floor((piece.length - at) / width));
      if (part === 0) throw new RangeError('A character is cut in two.');
      text += piece.toString(width === 2 ? 'utf16le' : 'latin1', at, at + part * width);
      at += part * width;
      left -= part;
    }
    return text;
  };

  const texts: string[] = [];
  const count = data.readUInt32LE(4);
  while (texts.length < count && (at < piece.length || index < pieces.length - 1)) {
    if (at >= piece.length) nextPiece();
    const [length, flags] = [piece.readUInt16LE(at), piece.readUInt8(at + 2)];
    at += 3;
    const runs = flags & RICH ? piece.readUInt16LE(at) : 0;
    if (flags & RICH) at += 2;
    const extra = flags & EXTENDED ? piece.readUInt32LE(at) : 0;
    if (flags & EXTENDED) at += 4;
    texts.push(readCharacters(length, flags));
    skip(4 * runs + extra);
  }
  return texts;
}
