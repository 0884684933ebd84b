import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypt, encrypt } from '#ground/db/encryption.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

/** Bytes of a part: the platform takes 6 MB a request, which leaves 4.5 MB for a file. */
export const PART_BYTES = 4 * 1024 * 1024;

/** Parts of a file: as many as the reader's limit of 100 MB needs. */
export const MOST_PARTS = 25;

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Stores a part of an original that is being received, packed and encrypted, once: a part that is stored already stays as it is. */
export const keepPartSql = (statementId: string, part: number, bytes: Uint8Array): SQL => sql`
  insert into statement_parts (statement_id, part, bytes, hash, packed)
  select id, ${part}::int, ${bytes.length}::int, ${hashOf(bytes)}, ${encrypt(gzipSync(bytes).toString('base64'), 'packed')}
  from statements where id = ${statementId}::uuid
  on conflict do nothing`;

/** Whether the stored part has the same content. */
export const isSamePartSql = (statementId: string, part: number, bytes: Uint8Array): SQL => sql`
  exists (select from statement_parts where statement_id = ${statementId}::uuid and part = ${part}::int and hash = ${hashOf(bytes)})`;

/** The whole original with its hash, read part by part. */
export async function readOriginal(db: Reader, { id, parts }: { id: string; parts: number }): Promise<{ bytes: Buffer; hash: string }> {
  const read: Buffer[] = [];
  for (let part = 1; part <= parts; part++) {
    const statement = sql`select packed from statement_parts where statement_id = ${id}::uuid and part = ${part}::int`;
    const [row] = await readRows(db, z.object({ packed: z.string() }), statement);
    if (!row) throw new Error(`Part ${part} of the statement ${id} is not there.`);
    read.push(gunzipSync(Buffer.from(decrypt(row.packed, 'packed'), 'base64')));
  }
  const bytes = Buffer.concat(read);
  return { bytes, hash: hashOf(bytes) };
}

/** The hash that identifies a file of one part as soon as it arrives. */
export const fileHash = hashOf;
