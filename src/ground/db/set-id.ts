import { type SQL, sql } from 'drizzle-orm';
import { newId } from './columns.ts';

/** A new UUIDv7 for each row of a statement that writes a set: their common beginning keeps inserts into an index beside each other. */
export const setIdSql = (): SQL => sql`overlay(gen_random_uuid()::text placing ${newId().slice(0, 15)}::text from 1)::uuid`;
