import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { least } from '#ground/money/cents.ts';
import { type Place, PlaceAccount } from './spread-given-back.ts';

/** What a deposit brought into savings or as a booking's fee: `cents` are still there, `goneCents` have left. */
export type Held = Place & { goneCents: bigint };

/** A place that money of a deposit went to: how much went there, and how much the place holds now. */
export const Came = z.object({ account: PlaceAccount, paymentId: z.uuid().nullable(), cameCents: bigintText, thereCents: bigintText });

/** What a deposit brought into savings, and how much of it was reversed in the portal after it had left them. */
const Saved = z.object({ places: z.array(Came), shortCents: bigintText });

/**
 * How much of a deposit still stands in savings: at most what they hold, so that they never go below zero. Repayments of loans and their excess do not count. Lock
 * the deposit first; this locks the accounts.
 */
export async function readSaved(tx: Tx, depositId: string): Promise<Held[]> {
  const movedSql = sql`
  select account, sum(cents)::bigint as cents from (
    select t.credit_account as account, t.amount_cents as cents from transfers t
    where t.source_id = any(array(select ${depositId}::text union all select m.id::text from matches m where m.deposit_id = ${depositId}::uuid)) and t.kind = 'savings_deposit'
    union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = ${depositId}::text and t.kind = 'taken_back' and t.debit_account like 'savings:%'
    union all select o.source_account, -o.amount_cents from payouts o where o.subject_id = ${depositId}::uuid and o.source_account like 'savings:%'
  ) moved group by account`;
  await tx.execute(sql`select from accounts where id in (select account from (${movedSql}) saved) order by id for no key update`);
  const [saved] = await readRows(
    tx,
    Saved,
    sql`
    select coalesce((select jsonb_agg(jsonb_build_object('account', account, 'paymentId', null, 'cameCents', cents::text, 'thereCents', greatest(0, -held_1(account))::text) order by account)
        from (${movedSql}) saved where cents > 0), '[]') as places,
      (select coalesce(sum(o.amount_cents), 0) from payouts o where o.subject_id = ${depositId}::uuid and o.source_account = ${ACCOUNTS.receivables} and o.payment_id is null) as short_cents`,
  );
  let shortCents = saved?.shortCents ?? 0n;
  return (saved?.places ?? []).map(({ account, cameCents, thereCents }) => {
    const short = least(shortCents, cameCents);
    shortCents -= short;
    return heldOf({ account, paymentId: null, cameCents: cameCents - short, thereCents });
  });
}

/** How much of what came is still there, and how much has left. */
export function heldOf({ account, paymentId, cameCents, thereCents }: z.output<typeof Came>): Held {
  const cents = least(cameCents, thereCents);
  return { account, paymentId, cents, goneCents: cameCents - cents };
}
