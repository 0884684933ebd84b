import { is, SQL, sql } from 'drizzle-orm';
import { newId, setIdSql } from '#ground/db/columns.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { AccountId } from './accounts.ts';
import { transfers } from './ledger.schema.ts';

/** One economic event: its kind, the id of what caused it, and the movements it is made of. */
export type Booking = {
  kind: (typeof transfers.$inferInsert)['kind'];
  sourceId: string;
  legs: { debit: AccountId; credit: AccountId; amountCents: bigint }[];
  bookedAt: Date;
};

/** Moves money once per (kind, sourceId, leg), all legs in one statement; legs of zero are left out. Repeating it changes nothing and returns false. */
export async function transfer(tx: Tx, { kind, sourceId, legs, bookedAt }: Booking): Promise<boolean> {
  const rows = legs
    .map((leg, n) => ({ id: newId(), kind, sourceId, leg: n + 1, bookedAt, ...leg }))
    .filter((row) => row.amountCents !== 0n);
  if (rows.length === 0) return false;
  const written = await tx.insert(transfers).values(rows).onConflictDoNothing().returning({ id: transfers.id });
  return written.length > 0;
}

/** A movement that a statement books, for one row or for many: what differs from row to row is SQL. */
type BookingSql = {
  kind: Booking['kind'];
  sourceId: SQL;
  debit: AccountId | SQL;
  credit: AccountId | SQL;
  amountCents: SQL;
  bookedAt: Date;
  from: SQL;
};

/**
 * The same as an SQL fragment, by itself or as a common table expression: one movement, of one leg, for each row that `from` yields. A second booking of the same
 * is an error, as in book.sql: the caller has locked what it books for.
 */
export const transferSql = ({ kind, sourceId, debit, credit, amountCents, bookedAt, from }: BookingSql): SQL => sql`
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select ${setIdSql()}, ${kind}, ${sourceId}::text, 1, ${accountSql(debit)}, ${accountSql(credit)}, ${amountCents}, ${instantSql(bookedAt)}
  from ${from}`;

const accountSql = (account: AccountId | SQL): SQL => (is(account, SQL) ? account : sql`${account}::text`);
