import { type SQL, sql } from 'drizzle-orm';

/** The key of an advisory lock. */
const GATE = 4_127_001;

/**
 * Taken by everyone who changes a loan, before any row of it is locked: shared among them, waiting only while a penalty run writes. Held
 * until the transaction ends.
 */
export const passGateSql = (): SQL => sql`select pg_advisory_xact_lock_shared(${GATE}::bigint)`;

/**
 * Taken by the penalty run: waits for those who hold the gate and keeps others out for a fraction of a second, while one chunk is written.
 * The next statement reads what they committed.
 */
export const closeGateSql = (): SQL => sql`select pg_advisory_xact_lock(${GATE}::bigint)`;
