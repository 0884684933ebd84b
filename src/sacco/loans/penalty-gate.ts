import { type SQL, sql } from 'drizzle-orm';

/** A lock of its own in PostgreSQL's space of advisory locks. */
const GATE = 4_127_001;

/** Lets whoever changes a loan through, many at once, while no penalty run writes; to be taken before any row of a loan is locked. Held until the transaction ends. */
export const passGateSql = (): SQL => sql`select pg_advisory_xact_lock_shared(${GATE}::bigint)`;

/** Waits for those who change loans and keeps others out while one chunk of penalties is written, a fraction of a second; what the next statement reads is what stands. */
export const closeGateSql = (): SQL => sql`select pg_advisory_xact_lock(${GATE}::bigint)`;
