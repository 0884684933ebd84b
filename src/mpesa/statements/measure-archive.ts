import { createInflateRaw } from 'node:zlib';
import { ARCHIVE_ENTRIES, ARCHIVE_RATIO, UNPACKED_BYTES } from './limits.ts';
import { StatementRefused } from './statement.ts';

type Entry = { name: string; packed: Uint8Array; isDeflated: boolean; claimed: number };

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const ENCRYPTED = 1;

const broken = () => new StatementRefused('statement_unreadable', 'The workbook is damaged or cut off. Export it again.');
const bomb = () =>
  new StatementRefused(
    'statement_too_large',
    `Unpacked the workbook is larger than ${UNPACKED_BYTES / 1024 / 1024} MB. Export a shorter period.`,
  );

/** The entries of a zip archive, by its central directory. */
function listEntries(bytes: Buffer): Entry[] {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06'));
  if (end < 0 || bytes.readUInt32LE(end) !== END) throw broken();
  const count = bytes.readUInt16LE(end + 10);
  if (count > ARCHIVE_ENTRIES) throw bomb();
  const entries: Entry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== ENTRY) throw broken();
    if (bytes.readUInt16LE(at + 8) & ENCRYPTED)
      throw new StatementRefused('statement_unreadable', 'The workbook is protected by a password.');
    const [size, claimed] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)];
    const [nameLength, extra, comment] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32)];
    const local = bytes.readUInt32LE(at + 42);
    if (bytes.readUInt32LE(local) !== LOCAL) throw broken();
    const nameEnd = local + 30 + bytes.readUInt16LE(local + 26);
    const start = nameEnd + bytes.readUInt16LE(local + 28);
    const name = bytes.toString('latin1', local + 30, nameEnd); // the local name, which SheetJS uses: the directory may have another
    entries.push({ name, packed: bytes.subarray(start, start + size), isDeflated: bytes.readUInt16LE(local + 8) === 8, claimed });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

/** Unpacks an entry, discards the content and returns its size; stops where more comes out than the entry claims. */
async function unpackedSize({ packed, isDeflated, claimed }: Entry): Promise<number> {
  if (!isDeflated) return packed.length;
  const inflate = createInflateRaw();
  inflate.end(packed);
  let size = 0;
  for await (const chunk of inflate) {
    size += (chunk as Buffer).length;
    if (size > claimed) throw bomb();
  }
  return size;
}

/**
 * Measures an archive before its content is kept: how many entries, how large unpacked, and whether each has the size that it claims. Returns their names; throws
 * `StatementRefused` for a bomb and for a damaged file.
 */
export async function measureArchive(bytes: Uint8Array): Promise<string[]> {
  try {
    const entries = listEntries(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (entries.reduce((total, { claimed }) => total + claimed, 0) > UNPACKED_BYTES) throw bomb();
    for (const entry of entries) {
      if (entry.claimed > Math.max(entry.packed.length, 1024) * ARCHIVE_RATIO) throw bomb();
      if ((await unpackedSize(entry)) !== entry.claimed) throw broken();
    }
    return entries.map(({ name }) => name);
  } catch (error) {
    if (error instanceof StatementRefused) throw error;
    throw broken(); // a directory that points outside the file, or data that does not inflate
  }
}
