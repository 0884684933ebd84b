import { createHash, type Hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Lock } from './backup-key.ts';
import { type Head, type Kept, type Manifest, read } from './records.ts';
import { open } from './sealed-file.ts';

/** What a backup holds, record by record, to whoever takes them one after the other. */
export const eachRecord = (file: string, lock: Lock, take: (record: Kept) => Promise<void> | void): Promise<void> =>
  pipeline(open(file, lock), createGunzip(), async (source: AsyncIterable<Buffer>) => {
    for await (const record of read(source)) await take(record);
  });

/** Reads a backup from its first byte to its last and compares it with its own manifest, before anybody relies on it. Throws what is wrong with it. */
export async function verifyBackup(file: string, lock: Lock): Promise<{ head: Head; manifest: Manifest }> {
  let head: Head | undefined;
  let manifest: Manifest | undefined;
  const sums = new Map<string, Hash>();
  let current: Hash | undefined;
  await eachRecord(file, lock, (record) => {
    if ('head' in record) head = record.head;
    if ('table' in record) {
      current = createHash('sha256');
      sums.set(record.table.table, current);
    }
    if ('rows' in record) current?.update(record.rows);
    if ('manifest' in record) manifest = record.manifest;
  });
  const broken = manifest?.tables.filter(({ table, sha256 }) => sums.get(table)?.digest('hex') !== sha256) ?? [];
  if (!head || !manifest || broken.length > 0 || sums.size !== manifest.tables.length)
    throw new Error(`This backup does not hold what its manifest says${broken.map(({ table }) => ` (${table})`).join('')}.`);
  return { head, manifest };
}
