import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText } from '#ground/db/rows.ts';

/** What an event says of the object that it is about, as it stands when it is sent: ids, states and amounts, and nobody's phone, name or e-mail. */
export type ObjectState = { object: string } & Record<string, unknown>;

/** Reads objects of one kind, by id. */
export type EventObjects = {
  select(ids: readonly string[]): SQL;
  read(rows: readonly unknown[] | undefined, now: Date): { id: string; version: number; state: ObjectState }[];
};

/** When the database read the object, in microseconds: of two states of an object, that of the greater version is never the older one. */
export const VERSION = sql`(extract(epoch from statement_timestamp()) * 1000000)::bigint as version`;

export const Versioned = z.object({ id: z.uuid(), version: bigintText.transform(Number) });

export const idsSql = (ids: readonly string[]): SQL => sql`any(${sql.param([...ids])}::uuid[])`;

/** A moment as the API prints it. */
export const printed = (at: Date | null): string | null => at?.toISOString() ?? null;
