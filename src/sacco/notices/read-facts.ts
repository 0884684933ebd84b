import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { savingsAccount } from '#books/ledger/accounts.ts';
import { balanceOf } from '#books/ledger/balance.ts';
import { bigintText, decrypted, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { NoticeEvent } from '#ground/outbox/message.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { leftInSuspenseSql } from '#mpesa/payouts/left-of-deposit.ts';
import { cleanName, cleanNote } from './clean-words.ts';
import { type Dues, readDues } from './read-dues.ts';

const Whose = z.object({ memberId: z.uuid(), memberNumber: z.number(), memberName: decrypted('name').transform(cleanName) });

const Loan = Whose.extend({
  id: z.uuid(),
  reference: z.string(),
  principalCents: bigintText,
  /** What is taken off the principal before it is sent. */
  deductedCents: bigintText,
  note: decrypted('decision_note').transform(cleanNote).nullable(),
});

/** The facts about a loan for a message. */
export type LoanFacts = z.output<typeof Loan> & { dues: Dues };

const Repayment = z.object({
  loanId: z.uuid(),
  amountCents: bigintText,
  savedCents: bigintText,
  receipt: z.string().nullable(),
  /** Whether its money is gone: it never came, or was given back in the portal. */
  gone: z.boolean(),
  /** Whether all of its money is in suspense: nobody has matched or refunded it since it was reversed. */
  waits: z.boolean(),
  /** Whether only a notice has reported its money so far. */
  told: z.boolean(),
});
export type RepaymentFacts = z.output<typeof Repayment> & LoanFacts;

const Waiver = z.object({ loanId: z.uuid(), amountCents: bigintText });
export type WaiverFacts = z.output<typeof Waiver> & LoanFacts;

const Saved = Whose.extend({
  accountId: z.uuid(),
  reference: z.string(),
  amountCents: bigintText,
  receipt: z.string().nullable(),
  /** Whether only a notice has reported this money so far. */
  told: z.boolean(),
});
export type SavingsFacts = z.output<typeof Saved> & { balanceCents: bigint };

/** The facts for the message about each event. */
export type FactsOf = {
  [E in NoticeEvent]: E extends `loan_${string}`
    ? LoanFacts
    : E extends `repayment_${string}`
      ? RepaymentFacts
      : E extends `savings_${string}`
        ? SavingsFacts
        : WaiverFacts;
};

/** The facts for the message about any event. */
export type Facts = FactsOf[NoticeEvent];

/** The states of its subject in which an event is still true. Once a later event has overtaken it, only the later one is reported. */
const STILL_TRUE: { [E in NoticeEvent]?: SQL } = {
  loan_submitted: sql`l.state = 'submitted'`,
  loan_approved: sql`l.state in ('approved', 'disbursing')`,
  loan_rejected: sql`l.state = 'rejected'`,
  loan_withdrawn: sql`l.state = 'withdrawn'`,
  loan_disbursed: sql`l.state = 'active'`,
  loan_payout_failed: sql`l.state = 'approved'`,
  // not where a repayment closed the loan and all of its money was proved by then: the message about that repayment says so
  loan_closed: sql`l.state = 'closed' and not coalesce((
    select bool_or(r.booked_at = l.closed_at) and bool_and(coalesce(d.confirmed_at <= l.closed_at, false))
    from repayments r join deposits d on d.id = r.deposit_id where r.loan_id = l.id and r.reversed_at is null and r.amount_cents > 0), false)`,
  loan_reopened: sql`l.state = 'active'`,
  repayment_booked: sql`r.reversed_at is null`,
  repayment_reversed: sql`r.reversed_at is not null`,
  penalty_waived: sql`w.state = 'approved'`,
  waiver_requested: sql`w.state = 'requested'`,
};

/** Reads the facts, as they are now, for the message about an event. Returns nothing when the event is not true any more. */
export async function readFacts(db: Reader, event: NoticeEvent, subjectId: string, today: Day): Promise<Facts | undefined> {
  if (event === 'savings_deposited') return readSaved(db, SAVED(subjectId));
  if (event === 'savings_taken_back') return readSaved(db, TAKEN_BACK(subjectId));
  const stillTrue = STILL_TRUE[event] ?? sql`true`;
  if (event.startsWith('loan_')) return readLoan(db, subjectId, stillTrue, today);
  const cause = event.startsWith('repayment_') ? await readRepayment(db, subjectId, stillTrue) : await readWaiver(db, subjectId, stillTrue);
  const loan = cause && (await readLoan(db, cause.loanId, sql`true`, today));
  return loan && { ...loan, ...cause };
}

async function readLoan(db: Reader, id: string, stillTrue: SQL, today: Day): Promise<LoanFacts | undefined> {
  const statement = sql`
    select l.id, l.reference, l.principal_cents, case when t.fee_charged = 'deducted' then l.fee_cents else 0 end as deducted_cents,
      l.decision_note as note, m.id as member_id, m.number as member_number, p.name as member_name
    from loans l join loan_products t on t.id = l.product_id join members m on m.id = l.member_id join people p on p.id = m.person_id
    where l.id = ${id}::uuid and ${stillTrue}`;
  const [[loan], [dues]] = await Promise.all([readRows(db, Loan, statement), readDues(db, sql`l.id = ${id}::uuid`, today)]);
  return loan && dues && { ...loan, dues };
}

async function readRepayment(db: Reader, id: string, stillTrue: SQL) {
  const [repayment] = await readRows(
    db,
    Repayment,
    sql`
    select r.loan_id, r.amount_cents, r.excess_cents as saved_cents, d.receipt, d.taken_back_at is not null as gone,
      r.reversed_at is not null and ${leftInSuspenseSql(sql`d.id`)} >= r.amount_cents + r.excess_cents as waits, d.confirmed_at is null as told
    from repayments r join deposits d on d.id = r.deposit_id where r.id = ${id}::uuid and ${stillTrue}`,
  );
  return repayment;
}

async function readWaiver(db: Reader, id: string, stillTrue: SQL) {
  const statement = sql`select w.loan_id, w.amount_cents from waivers w where w.id = ${id}::uuid and ${stillTrue}`;
  const [waiver] = await readRows(db, Waiver, statement);
  return waiver;
}

async function readSaved(db: Reader, from: SQL): Promise<SavingsFacts | undefined> {
  const [saved] = await readRows(
    db,
    Saved,
    sql`
    select a.id as account_id, a.reference, t.amount_cents, d.receipt, d.id is not null and d.confirmed_at is null as told,
      m.id as member_id, m.number as member_number, p.name as member_name
    from ${from}`,
  );
  return saved && { ...saved, balanceCents: await balanceOf(db, savingsAccount(saved.accountId)) };
}

const WHOSE = sql`join members m on m.id = a.member_id join people p on p.id = m.person_id`;

/** Money that was saved and not taken back. `sourceId` is the deposit, or the match that took the money out of suspense. */
const SAVED = (sourceId: string): SQL => sql`
  transfers t join member_accounts a on t.credit_account = 'savings:' || a.id ${WHOSE}
  left join matches x on x.id = ${sourceId}::uuid left join deposits d on d.id = coalesce(x.deposit_id, ${sourceId}::uuid)
  where t.kind = 'savings_deposit' and t.source_id = ${sourceId} and d.taken_back_at is null`;

/** Money that was taken back out of savings. `subjectId` is the deposit, or the payout that gave it, or a part of it, back by hand. */
const TAKEN_BACK = (subjectId: string): SQL => sql`
  (select ${subjectId}::uuid as deposit_id, 'taken_back' as kind, ${subjectId} as source_id
    union all select o.subject_id, 'payout_paid', w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.id = ${subjectId}::uuid and o.kind = 'refund') by_hand
  join transfers t on t.kind = by_hand.kind and t.source_id = by_hand.source_id join member_accounts a on t.debit_account = 'savings:' || a.id ${WHOSE}
  join deposits d on d.id = by_hand.deposit_id`;
