import { crc32, deflateRawSync } from 'node:zlib';

/** A file of an archive. `claimed` is the size that its header claims, `localName` what stands before the data where the directory says otherwise. */
export type ZipEntry = { name: string; data: Buffer; claimed?: number; localName?: string; isLocked?: boolean };

/** A zip archive, byte by byte, so that it can lie. */
export function writeZip(entries: ZipEntry[], { count = entries.length } = {}): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, claimed = data.length, localName = name, isLocked } of entries) {
    const packed = deflateRawSync(data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(isLocked ? 1 : 0, 8);
    central.writeUInt16LE(8, 10);
    for (const [header, at, length] of [
      [local, 14, localName.length],
      [central, 16, name.length],
    ] as const) {
      header.writeUInt32LE(crc32(data), at);
      header.writeUInt32LE(packed.length, at + 4);
      header.writeUInt32LE(claimed, at + 8);
      header.writeUInt16LE(length, at + 12);
    }
    central.writeUInt32LE(offset, 42);
    bodies.push(local, Buffer.from(localName), packed);
    directory.push(central, Buffer.from(name));
    offset += local.length + localName.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** The parts of a workbook whose one sheet is given as XML. */
export const workbookParts = (sheet: string): ZipEntry[] =>
  Object.entries({
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/></Types>`,
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': sheet,
  }).map(([name, text]) => ({ name, data: Buffer.from(text) }));

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A sheet of rows; a cell `{ formula, value }` has a formula and the value that was stored beside it. */
export function sheetXml(rows: (string | number | { formula: string; value?: string })[][], before = ''): string {
  const cell = (value: string | number | { formula: string; value?: string }) => {
    if (typeof value === 'number') return `<c><v>${value}</v></c>`;
    if (typeof value === 'string') return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
    return `<c t="str"><f>${escaped(value.formula)}</f>${value.value === undefined ? '' : `<v>${escaped(value.value)}</v>`}</c>`;
  };
  const body = rows.map((row) => `<row>${row.map(cell).join('')}</row>`).join('');
  return `<worksheet xmlns="${MAIN}">${before}<sheetData>${body}</sheetData></worksheet>`;
}
