import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { encrypt } from '#ground/db/encryption.ts';
import { decrypted } from '#ground/db/rows.ts';

/** What a caller wants echoed with a payment. */
export type Metadata = Record<string, string | number | boolean>;

const Entries = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The columns that hold a payment's metadata, of the table called `p`. */
export const METADATA_COLUMNS = sql`p.metadata, p.metadata_sealed`;

/** What `METADATA_COLUMNS` yields; `metadata` is the old column in clear. */
export const MetadataRow = { metadata: Entries.nullable(), metadataSealed: decrypted('metadata_sealed').nullable() };

/** The metadata of a row, encrypted or not yet. */
export const readMetadata = (row: { metadata: Metadata | null; metadataSealed: string | null }): Metadata | null =>
  row.metadataSealed === null ? row.metadata : Entries.parse(JSON.parse(row.metadataSealed));

/** Metadata as it is written, encrypted. */
export const sealedMetadata = (metadata: Metadata | undefined): string | undefined =>
  metadata && encrypt(JSON.stringify(metadata), 'metadata_sealed');
