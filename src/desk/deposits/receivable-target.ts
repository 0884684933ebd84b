import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import type { Caller } from '#ground/call.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import { owedSql } from './owed.ts';

/** What somebody owes us because more was given than there was: by the payout that gave it back, the deposit that was taken back, or the loan that was disbursed twice. */
export type ReceivableTarget = { receivableId: string; reference: string; owedCents: bigint; amountCents: bigint | undefined };

/** The kinds of task that ask for it. */
const TASKS = ['refund_exceeds_payment', 'taken_back_short', 'loan_paid_twice'] as const;

const Owed = z.object({
  cents: bigintText,
  reference: z.string().nullable(),
  task: z.enum(TASKS),
  mayReturn: z.boolean(),
  callerKnown: z.boolean(),
  own: z.boolean(),
});
type Owed = z.output<typeof Owed>;

/**
 * Keeps others from booking the return of what is owed under these ids, and from taking it off the books, meanwhile; and locks the deposit that pays it or has paid
 * it. All deposits in the order of their ids, so that two calls cannot deadlock.
 */
export async function lockReceivables(tx: Tx, receivableIds: string[], depositId: string): Promise<void> {
  const ids = [...receivableIds].sort();
  for (const id of ids) await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('receivable:' || ${id}::text, 0))`);
  await tx.execute(sql`select from deposits where id = any(${sql.param([...ids, depositId])}::uuid[]) order by id for update`);
}

/**
 * What is still owed under a payout that gave back too much, a deposit that was taken back, or a loan that was disbursed twice; undefined where it is none of them. What was reversed in the portal and
 * is not taken back yet is owed by nobody: it still stands where it paid. `mayReturn`: a payout of its money is under way, and if that does not leave, so much less
 * is owed. Lock it first.
 */
export async function readOwed(tx: Tx, receivableId: string, caller: Caller): Promise<Owed | undefined> {
  const sumSql = sql`coalesce(sum(case t.debit_account when ${ACCOUNTS.receivables} then t.amount_cents else -t.amount_cents end), 0)`;
  const movedSql = sql`from transfers t where ${ACCOUNTS.receivables} in (t.debit_account, t.credit_account)`;
  const [owed] = await readRows(
    tx,
    Owed,
    sql`
    select coalesce(p.reference, l.reference, d.receipt) as reference,
      case when p.id is not null then 'refund_exceeds_payment' when l.id is not null then 'loan_paid_twice' else 'taken_back_short' end as task,
      (${owedSql(receivableId)}
        - case when d.taken_back_at is null then greatest(0, (select ${sumSql} ${movedSql} and t.kind = 'reversed_elsewhere' and t.source_id = d.id::text) - parts_given_back_2(d.id))
          else 0 end)::bigint as cents,
      exists (select from payouts o where d.taken_back_at is not null and o.source_account in ('booking_payable', 'customer_credit', 'suspense')
          and o.subject_id in (select d.id union all select d.payment_id union all select m.payment_id from matches m where m.deposit_id = d.id)
          and (o.state = 'approved' or o.state = 'partly_paid' and exists (select from withdrawals w where w.payout_id = o.id and w.state not in ('paid', 'rejected')))) as may_return,
      behind.id is not null as caller_known,
      exists (select from people me where 'person:' || me.id = behind.id
        and (me.id = borrower.person_id or me.phone_hash in (p.phone_hash, given.payer_hash, d.payer_hash, paid.phone_hash))) as own
    from (select ${personBehindSql(sql`${caller.id}::text`)} as id) behind
      left join payouts p on p.id = ${receivableId}::uuid left join deposits given on given.id = p.subject_id
      left join deposits d on d.id = ${receivableId}::uuid left join payments paid on paid.id = coalesce(p.payment_id, given.payment_id, d.payment_id)
      left join loans l on l.id = ${receivableId}::uuid left join members borrower on borrower.id = l.member_id
    where p.id is not null or d.id is not null or l.id is not null`,
  );
  return owed;
}

/** Keeps people from deciding, themselves or with a key they made, about what they owe us. A key without a known maker decides nothing. Throws `own_account`, `forbidden`. */
export function refuseDebtor({ callerKnown, own }: Owed): void {
  if (!callerKnown)
    throw new AppError(
      'forbidden',
      'This API key has no creator on record, so it cannot be checked whose debts it must not match money to: make a new key, or have a person match this.',
    );
  if (own) throw new AppError('own_account', 'You owe this yourself: somebody else has to match money to it.');
}

/**
 * Finds what is still owed under a payout, a deposit or a loan. Nobody matches money of somebody else's to what they owe themselves. Lock it first. Throws
 * `unknown_reference`, `amount_mismatch`, `own_account`, `forbidden`, and `payout_under_way` while it is not certain yet what is owed.
 */
export async function openReceivable(
  tx: Tx,
  receivableId: string,
  amountCents: bigint | undefined,
  caller: Caller,
): Promise<ReceivableTarget> {
  const owed = await readOwed(tx, receivableId, caller);
  if (!owed || owed.cents <= 0n)
    throw new AppError('unknown_reference', 'Nothing is owed to us under this id: it is the subject of the task that says so.');
  refuseDebtor(owed);
  if (owed.mayReturn)
    throw new AppError(
      'payout_under_way',
      'A payout of this money is under way, and if it does not leave, nobody owes it: wait until it has ended, then match what is still owed.',
    );
  if (amountCents !== undefined && amountCents > owed.cents) throw tooMuch(owed.cents);
  return { receivableId, reference: owed.reference ?? receivableId, owedCents: owed.cents, amountCents };
}

/** What it is refused with where more is matched than is owed. */
export const tooMuch = (owedCents: bigint): AppError =>
  new AppError('amount_mismatch', `${kes(owedCents)} is still owed: match no more than that to it. What is left stays in suspense.`, {
    owed: shillings(owedCents),
  });

/** Closes the tasks that ask for it. Call it where nothing is owed any more. */
export const closeReceivableSql = (receivableId: string, by: string, now: Date) =>
  closeTasksSql({
    ...{ kinds: TASKS, subjects: [receivableId] },
    ...{ closedAt: now, closedBy: by, note: 'It was given back.' },
  });
