import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { least } from '#ground/money/least.ts';
import { owedOfBookingSql } from '../payouts/arrived-already.ts';
import { type Place, PlaceAccount } from './spread-given-back.ts';

/** What a deposit brought into savings or as a booking's fee: `cents` are still there, `goneCents` are not. */
export type Held = Place & { goneCents: bigint };

const Came = z.object({ account: PlaceAccount, paymentId: z.uuid().nullable(), cameCents: bigintText, thereCents: bigintText });

/** What a deposit brought into savings, and how much of it was reversed in the portal after it had left them. */
const Saved = z.object({ places: z.array(Came), shortCents: bigintText });

/**
 * How much of a deposit still stands in savings: at most what they hold, so that they never go below zero. Repayments of loans and their
 * excess do not count. Locks the accounts; the deposit is locked.
 */
export async function readSaved(tx: Tx, depositId: string): Promise<Held[]> {
  const movedSql = sql`
  select account, sum(cents)::bigint as cents from (
    select t.credit_account as account, t.amount_cents as cents from transfers t
    where t.source_id = any(array(select ${depositId}::text union all select m.id::text from matches m where m.deposit_id = ${depositId}::uuid)) and t.kind = 'savings_deposit'
    union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = ${depositId}::text and t.kind = 'taken_back' and t.debit_account like 'savings:%'
    union all select o.source_account, -o.amount_cents from payouts o where o.subject = ${depositId}::text and o.source_account like 'savings:%'
  ) moved group by account`;
  await tx.execute(sql`select from accounts where id in (select account from (${movedSql}) saved) order by id for no key update`);
  const [saved] = await readRows(
    tx,
    Saved,
    sql`
    select coalesce((select jsonb_agg(jsonb_build_object('account', account, 'paymentId', null, 'cameCents', cents::text, 'thereCents', greatest(0, -held_1(account))::text) order by account)
        from (${movedSql}) saved where cents > 0), '[]') as places,
      (select coalesce(sum(o.amount_cents), 0) from payouts o where o.subject = ${depositId}::text and o.source_account = ${ACCOUNTS.receivables} and o.payment_id is null) as "shortCents"`,
  );
  let shortCents = saved?.shortCents ?? 0n;
  return (saved?.places ?? []).map(({ account, cameCents, thereCents }) => {
    const short = least(shortCents, cameCents);
    shortCents -= short;
    return heldOf({ account, paymentId: null, cameCents: cameCents - short, thereCents });
  });
}

/**
 * How much of a deposit still stands in bookings' fees: in escrow while a fee is held, then, once decided, in what is owed to provider or
 * payer until it leaves. The payments are locked.
 */
export async function readFees(tx: Tx, depositId: string): Promise<Held[]> {
  const rows = await readRows(
    tx,
    Came,
    sql`
    select case when b.state in ('held', 'disputed') then ${ACCOUNTS.bookingEscrow} else ${ACCOUNTS.bookingPayable} end as account, p.id as "paymentId",
      p.amount_cents - (select coalesce(sum(o.amount_cents), 0) from payouts o where o.payment_id = p.id and o.subject = ${depositId}::text) as "cameCents",
      case when b.state in ('held', 'disputed') then held_of_booking_1(p.id)
        when b.state in ('released', 'refunded') then greatest(0, ${owedOfBookingSql(sql`p.id::text`)} - (select coalesce(sum(o.amount_cents), 0) from payouts o
          where o.subject = p.id::text and o.source_account = ${ACCOUNTS.bookingPayable} and o.state not in ('declined', 'rejected')))
        else 0 end as "thereCents"
    from payments p join bookings b on b.id = p.id
    where p.counted_deposit_id = ${depositId}::uuid and p.purpose = 'booking_fee' and exists (select from transfers t where t.kind = 'hold' and t.source_id = p.id::text)
    order by p.id`,
  );
  return rows.map(heldOf);
}

function heldOf({ account, paymentId, cameCents, thereCents }: z.output<typeof Came>): Held {
  const cents = least(cameCents, thereCents);
  return { account, paymentId, cents, goneCents: cameCents - cents };
}
