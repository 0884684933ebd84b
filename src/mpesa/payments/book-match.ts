import { sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { type Booking, transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { StandingKind } from '#ground/references/standing-reference.ts';
import type { App } from '../wiring/app.ts';
import { type PaymentToBook, purposeOf } from './payment-to-book.ts';
import { matches, unmatches } from './payments.schema.ts';

/** A loan or an account, by its standing reference. */
type StandingTarget = { reference: string; kind: StandingKind; subjectId: string };

/** What somebody owes us back, by the payout or deposit that it was booked for. */
type ReceivableTarget = { receivableId: string };

/** What a part of a deposit pays, and how much. */
type Matched = { target: PaymentToBook | StandingTarget | ReceivableTarget; amountCents: bigint };

/** The deposit, when its money came, and who matches it. */
type Match = Matched & { deposit: { id: string; settledAt: Date }; by: string; now: Date };

/** Books a part of a deposit from suspense to what it pays, as money that came when the deposit did. The match's id is the source of both transfers. Lock the deposit first. */
export async function bookMatch(
  tx: Tx,
  { purposes, destinations }: Pick<App, 'purposes' | 'destinations'>,
  { target, amountCents, deposit, by, now }: Match,
): Promise<void> {
  const id = newId();
  const pays =
    'receivableId' in target
      ? { standingReference: `receivable:${target.receivableId}` }
      : 'subjectId' in target
        ? { standingReference: target.reference }
        : { paymentId: target.id };
  await tx.insert(matches).values({ id, depositId: deposit.id, ...pays, amountCents, matchedBy: by, matchedAt: now });
  const legs = [{ debit: ACCOUNTS.suspense, credit: ACCOUNTS.clearing, amountCents }];
  await transfer(tx, { kind: 'match', sourceId: id, legs, bookedAt: now });
  if ('receivableId' in target) return bookReturned(tx, target.receivableId, amountCents, now);
  const money = { sourceId: id, depositId: deposit.id, amountCents, settledAt: deposit.settledAt };
  if ('subjectId' in target) return destinations[target.kind](tx, { ...money, subjectId: target.subjectId }, now);
  await tx.execute(sql`
  update payments set state = 'paid', failure_code = null, counted_deposit_id = ${deposit.id}::uuid, settled_at = ${instantSql(now)}
  where id = ${target.id}::uuid`);
  await purposeOf(purposes, target).allocate(tx, { ...target, ...money }, now);
}

/** Books what somebody gave back as another leg of what they owed: the deposit's own transfers end in clearing, so that taking it back later does not find it there. */
const bookReturned = async (tx: Tx, receivableId: string, amountCents: bigint, now: Date): Promise<void> => {
  await tx.execute(
    sql`select book_1('match', ${receivableId}::uuid, next_leg_1('match', ${receivableId}::uuid), ${ACCOUNTS.clearing}, ${ACCOUNTS.receivables}, ${amountCents.toString()}::bigint, ${instantSql(now)})`,
  );
};

/** Money of a deposit that leaves what it paid: how much, by which movements into suspense, and who says so; its id where it may be one only. */
type Unmatch = { id?: string; depositId: string; amountCents: bigint; legs: Booking['legs']; by: string; now: Date };

/** Puts money of a deposit back into suspense, to be matched elsewhere or refunded. Lock the deposit first. Returns the id, which is the transfers' source. */
export async function bookUnmatch(tx: Tx, { id = newId(), depositId, amountCents, legs, by, now }: Unmatch): Promise<string> {
  await tx.insert(unmatches).values({ id, depositId, amountCents, unmatchedBy: by, unmatchedAt: now });
  await transfer(tx, { kind: 'unmatch', sourceId: id, legs, bookedAt: now });
  return id;
}

/** A match to what somebody owes us back, and who undoes it. */
type MatchedBack = Omit<Unmatch, 'id' | 'legs'> & { matchId: string; receivableId: string };

/**
 * Undoes a match to what somebody owes us back: it is owed again, and the money is in suspense again. Bears the id of the match, which so is undone once. Lock the
 * deposit and what is owed first.
 */
export async function bookOwedAgain(tx: Tx, { matchId, receivableId, ...undone }: MatchedBack): Promise<void> {
  const { amountCents, now } = undone;
  await bookUnmatch(tx, { ...undone, id: matchId, legs: [{ debit: ACCOUNTS.clearing, credit: ACCOUNTS.suspense, amountCents }] });
  await tx.execute(
    sql`select book_1('unmatch', ${receivableId}::uuid, next_leg_1('unmatch', ${receivableId}::uuid), ${ACCOUNTS.receivables}, ${ACCOUNTS.clearing}, ${amountCents.toString()}::bigint, ${instantSql(now)})`,
  );
}
