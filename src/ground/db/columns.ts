import { type SQL, sql } from 'drizzle-orm';
import { bigint, type CheckBuilder, check, customType, type ExtraConfigColumn, timestamp, uuid } from 'drizzle-orm/pg-core';
import { v7 } from 'uuid';
import { decrypt, encrypt } from './encryption.ts';

/** A primary key: a UUIDv7 made here, so that a row's id is known before it is written. */
export const id = () => uuid('id').primaryKey().$defaultFn(newId);

/** A new UUIDv7. */
export const newId = (): string => v7();

/** A new UUIDv7 for each row of a statement that writes many: all begin alike, so that they lie side by side in an index. */
export const setIdSql = (): SQL => sql`overlay(gen_random_uuid()::text placing ${newId().slice(0, 15)}::text from 1)::uuid`;

/** A moment in time, named `somethingAt`. */
export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Kenyan cents. bigint in TypeScript too, so a float cannot reach the ledger. */
export const cents = (name: string) => bigint(name, { mode: 'bigint' });

/** Text that only we can read: AES-256-GCM under the key ring, bound to the column's name. Never compare it: use a keyed hash beside it. */
export const encrypted = (name: string) =>
  customType<{ data: string; driverData: string }>({
    dataType: () => 'text',
    toDriver: (plain) => encrypt(plain, name),
    fromDriver: (value) => decrypt(value, name),
  })(name);

/** Words as the list in a check. */
export const listWords = (list: readonly string[]): SQL => sql.raw(list.map((word) => `'${word}'`).join(', '));

/** The check that a column holds one of some words: the same list as its `enum`. */
export const oneOf = (name: string, column: ExtraConfigColumn, list: readonly string[]): CheckBuilder =>
  check(name, sql`${column} in (${listWords(list)})`);
