import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS, type AccountId } from '#books/ledger/accounts.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { least } from '#ground/money/cents.ts';
import { leftInSuspenseSql, leftOverCounterSql, surplusLeftSql } from '../payouts/left-of-deposit.ts';
import type { Upstairs } from '../wiring/upstairs.ts';

/** An account id as the ledger has it. */
export const PlaceAccount = z.custom<AccountId>((id) => typeof id === 'string');

const Place = z.object({
  account: PlaceAccount,
  /** The payment whose sale or booking's fee it is; null for surplus, suspense, savings and a counter sale. */
  paymentId: z.uuid().nullable(),
  cents: bigintText,
});

/** A place where money of a deposit stands that may be given back, and how much. */
export type Place = z.output<typeof Place>;

/** Takes a sum from one place that holds all of it, or else from each place in turn, and lowers their `cents`. What they lack is left out. */
export function spreadGivenBack(places: Place[], cents: bigint): Place[] {
  const whole = places.find((place) => place.cents >= cents);
  const taken: Place[] = [];
  let left = cents;
  for (const place of whole ? [whole] : places) {
    const part = least(place.cents, left);
    if (part <= 0n) continue;
    taken.push({ ...place, cents: part });
    place.cents -= part;
    left -= part;
  }
  return taken;
}

/**
 * Where money of a deposit stands that may be given back: first what waits for its owner, then each sale that it counts for, this payment's before others. Lock the
 * deposit first.
 */
export const readPlaces = (tx: Tx, { isInvoicedSql }: Upstairs, depositId: string, paymentId?: string): Promise<Place[]> =>
  readRows(
    tx,
    Place,
    sql`
    select ${ACCOUNTS.customerCredit} as account, null::uuid as payment_id, ${surplusLeftSql(sql`${depositId}::uuid`)} as cents
    union all select ${ACCOUNTS.suspense}, null, ${leftInSuspenseSql(sql`${depositId}::uuid`)}
    union all select ${ACCOUNTS.refunds}, null, ${leftOverCounterSql(sql`${depositId}::uuid`)}
    union all select * from (
      select ${ACCOUNTS.refunds}, p.id, p.amount_cents - (select coalesce(sum(o.amount_cents), 0) from payouts o where o.payment_id = p.id and o.state not in ('declined', 'rejected'))::bigint
      from payments p where p.counted_deposit_id = ${depositId}::uuid and p.purpose in ('order', 'donation') and ${isInvoicedSql(sql`p.id`)}
      order by p.id = ${paymentId ?? null}::uuid desc nulls last, p.id) sold`,
  );
