import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';

/** The key of an advisory lock: the gate between events of single loans and the nightly penalty run. */
const GATE = 4_127_001;

/**
 * Taken by everyone who changes a loan, before any row of it is locked: shared among them, waiting only while a penalty run writes. Held
 * until the transaction ends.
 */
const passGateSql = (): SQL => sql`select pg_advisory_xact_lock_shared(${GATE}::bigint)`;

/**
 * Taken by the penalty run: waits for those who hold the gate and keeps others out for a fraction of a second, while one chunk is written.
 * The next statement reads what they committed.
 */
export const closeGateSql = (): SQL => sql`select pg_advisory_xact_lock(${GATE}::bigint)`;

const Locked = z.object({
  id: z.uuid(),
  reference: z.string(),
  memberId: z.uuid(),
  borrower: z.string(),
  savingsAccountId: z.uuid(),
  state: z.string(),
  workedOutTo: z.string().nullable(),
  settlesUntil: instant.nullable(),
  disbursedOn: z.string().nullable(),
});

/**
 * A loan whose row is locked until the transaction ends. `borrower` is the member's id as a caller; what a repayment pays beyond the loan goes to
 * `savingsAccountId`.
 */
export type LockedLoan = z.output<typeof Locked>;

/** Locks a loan against every other change and against the penalty run. Lock order: deposits and payments, the gate, the loan, accounts. */
export async function lockLoan(tx: Tx, id: string): Promise<LockedLoan | undefined> {
  await tx.execute(passGateSql());
  const [loan] = await readRows(
    tx,
    Locked,
    sql`
    select l.id, l.reference, l.member_id, 'person:' || m.person_id as borrower, a.id as savings_account_id, l.state, l.worked_out_to::text,
      l.settles_until, l.disbursed_on::text
    from loans l join members m on m.id = l.member_id join member_accounts a on a.member_id = l.member_id and a.kind = 'savings'
    where l.id = ${id}::uuid for no key update of l`,
  );
  return loan;
}

/** The value date of money for a loan: M-PESA's time, but never before the loan was disbursed. */
export const valueDate = ({ disbursedOn }: LockedLoan, at: Date): Date =>
  disbursedOn && nairobiDay(at) < disbursedOn ? nairobiMoment(disbursedOn) : at;

/** Whether the loan was paid out, even if nothing is owed any more. */
export const wasLent = ({ state }: Pick<LockedLoan, 'state'>): boolean => state === 'active' || state === 'closed';
