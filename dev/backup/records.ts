import * as z from 'zod';

/** What stands at the beginning of a backup: of when it is, and of which schema. */
export const Head = z.object({
  format: z.literal(1),
  madeAt: z.iso.datetime(),
  migration: z.string(),
  environment: z.enum(['sandbox', 'production']).nullable(),
});
export type Head = z.output<typeof Head>;

export const TableHead = z.object({ table: z.string(), columns: z.array(z.string()) });
export type TableHead = z.output<typeof TableHead>;

const TableEnd = z.object({ table: z.string(), rows: z.number(), bytes: z.number(), sha256: z.string() });
export type TableEnd = z.output<typeof TableEnd>;

/** What stands at the end: everything that a restored database is compared with. */
export const Manifest = z.object({
  tables: z.array(TableEnd),
  sequences: z.array(z.object({ name: z.string(), value: z.string(), isCalled: z.boolean() })),
  balances: z.record(z.string(), z.string()),
});
export type Manifest = z.output<typeof Manifest>;

/** A backup is a head, then for each table its head and its rows as PostgreSQL copies them, then the manifest. */
export type Kept = { head: Head } | { table: TableHead } | { rows: Buffer } | { manifest: Manifest };

const KINDS = { head: 'H', table: 'T', rows: 'R', manifest: 'M' } as const;

/** A record as bytes: a letter, the length, the content. */
export function write(record: Kept): Buffer {
  const [[kind, value]] = Object.entries(record) as [[keyof typeof KINDS, unknown]];
  const content = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
  const lead = Buffer.alloc(5);
  lead.write(KINDS[kind], 'latin1');
  lead.writeUInt32BE(content.length, 1);
  return Buffer.concat([lead, content]);
}

/** Reverses `write` for a whole stream. */
export async function* read(source: AsyncIterable<Uint8Array>): AsyncGenerator<Kept> {
  let waiting = Buffer.alloc(0);
  for await (const piece of source) {
    waiting = Buffer.concat([waiting, piece]);
    let at = 0;
    while (waiting.length - at >= 5 && waiting.length - at >= 5 + waiting.readUInt32BE(at + 1)) {
      const length = waiting.readUInt32BE(at + 1);
      yield parse(String.fromCharCode(waiting[at] as number), waiting.subarray(at + 5, at + 5 + length));
      at += 5 + length;
    }
    waiting = waiting.subarray(at);
  }
  if (waiting.length > 0) throw new Error('This backup ends in the middle of a record.');
}

function parse(letter: string, content: Buffer): Kept {
  if (letter === KINDS.rows) return { rows: content };
  const value = JSON.parse(content.toString());
  if (letter === KINDS.head) return { head: Head.parse(value) };
  if (letter === KINDS.table) return { table: TableHead.parse(value) };
  if (letter === KINDS.manifest) return { manifest: Manifest.parse(value) };
  throw new Error('This backup was made by a later release: use that one.');
}
