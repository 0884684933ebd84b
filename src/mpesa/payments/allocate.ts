import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { callFunction, callText } from '#ground/db/call-function.ts';
import { bigintText, decrypted, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { findStanding } from '#ground/references/standing-reference.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { App } from '../wiring/app.ts';

const VERDICTS = ['allocated', 'tied', 'held', 'nothing to do', 'loan', 'typed'] as const;
const Allocated = z.object({ allocate_3: z.enum(VERDICTS) });
const ALLOCATE = callText('allocate_3', ['uuid', 'text', 'timestamptz']);

/**
 * The outcome for a deposit: booked, recognised as the receipt of a success that is booked already, or held because it may be a prompt's
 * echo.
 */
export type Allocation = 'allocated' | 'tied' | 'held' | 'nothing to do';

/**
 * Books a settled deposit to its purpose in one request: allocate.sql has the rule. A repayment of a loan is computed here, in a
 * transaction of its own. Safe to call twice.
 */
export async function allocate(app: Pick<App, 'db' | 'destinations' | 'clock' | 'config'>, depositId: string): Promise<Allocation> {
  const params = [depositId, app.config.paybill.counterVatClass, app.clock.now().toISOString()];
  const { allocate_3: verdict } = await callFunction(app.db, Allocated, ALLOCATE, params);
  return verdict === 'loan' || verdict === 'typed' ? allocateHere(app, depositId) : verdict;
}

const Waiting = z.object({
  id: z.uuid(),
  amountCents: bigintText,
  typedReference: decrypted('typed_reference').nullable(),
  subject: z.string().nullable(),
  valueAt: instant,
});

/** Allocates where TypeScript has to decide: for a loan, or for a typed reference that an earlier release stored only encrypted. */
function allocateHere({ db, destinations, clock }: Pick<App, 'db' | 'destinations' | 'clock'>, depositId: string): Promise<Allocation> {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const deposit = await lockWaiting(tx, depositId);
    if (!deposit) return 'nothing to do';
    const { id, amountCents, subject, typedReference, valueAt } = deposit;
    const standing = await findStanding(tx, subject ?? typedReference ?? '');
    if (standing) {
      const money = { sourceId: id, depositId: id, subjectId: standing.subjectId, amountCents, settledAt: valueAt };
      await destinations[standing.kind](tx, money, now);
    } else {
      const legs = [{ debit: ACCOUNTS.clearing, credit: ACCOUNTS.suspense, amountCents }];
      await transfer(tx, { kind: 'suspense', sourceId: id, legs, bookedAt: now });
      await openTask(tx, { kind: 'unidentified_deposit', subject: id, openedAt: now });
    }
    await tx.execute(sql`update deposits set allocated_at = ${instantSql(now)}, allocation_due_at = null where id = ${id}::uuid`);
    return 'allocated';
  });
}

/** Lock order: payment, then deposit. */
async function lockWaiting(tx: Tx, depositId: string) {
  await tx.execute(sql`select from payments where id = (select payment_id from deposits where id = ${depositId}::uuid) for update`);
  const [row] = await readRows(
    tx,
    Waiting,
    sql`
    select d.id, d.amount_cents, d.typed_reference, (select subject from payments where id = d.payment_id) as subject,
      coalesce(d.moved_at, d.settled_at) as value_at
    from deposits d where d.id = ${depositId}::uuid and d.allocated_at is null and d.merged_into is null and d.refuted_at is null for update`,
  );
  return row;
}
