import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { SeenPhone } from '../daraja/read-phone.ts';

/** What is known of a transaction that Safaricom was asked about. */
export type Told = {
  receipt: string | null;
  originatorConversationId: string | null;
  amountCents: bigint | null;
  payer: SeenPhone | undefined;
  at: Date;
};

const Related = z.object({
  /**
   * booked: a deposit with this receipt. payout: one of our payouts. without_receipt, quarantined, unresolved: a prompt of the same payer and time whose deposit
   * lacks a receipt, whose success was not believed, or whose end is not known.
   */
  what: z.enum(['booked', 'payout', 'without_receipt', 'quarantined', 'unresolved']),
  /** The id of the deposit, withdrawal or attempt, as tasks name it. */
  subject: z.uuid(),
  reference: z.string().nullable(),
  status: z.string().nullable(),
  amountAgrees: z.boolean(),
});

/** A record of ours that a transaction may prove. */
export type Related = z.output<typeof Related>;

/** Our records that a transaction certainly proves (same receipt or id), and those that it may prove (same payer and time). One round trip; books nothing. */
export function findRelated(db: Db, told: Told): Promise<Related[]> {
  const receipt = sql`${told.receipt}::text`;
  const id = sql`case when ${told.originatorConversationId}::text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then ${told.originatorConversationId}::uuid end`;
  const amount = sql`${told.amountCents?.toString() ?? null}::bigint`;
  const at = instantSql(told.at);
  const phoneHash = sql`${told.payer && 'full' in told.payer ? lookupHash(told.payer.full) : null}::text`;
  const tail = sql`${told.payer && 'tail' in told.payer ? told.payer.tail : null}::text`;
  return readRows(
    db,
    Related,
    sql`
    with booked as (
      select 'booked' as what, d.id as subject, p.reference, p.state as status, d.amount_cents is not distinct from ${amount} as amount_agrees
      from deposits d left join payments p on p.id = d.payment_id where d.receipt = ${receipt}
    ), payout as (
      select 'payout' as what, w.id as subject, p.reference, w.state as status, left_under_2(w) is not distinct from ${amount} as amount_agrees
      from withdrawals w join payouts p on p.id = w.payout_id where w.receipt = ${receipt} or w.id = ${id}
    ), prompt as (
      select case
          when d.id is not null and d.receipt is null then 'without_receipt'
          when exists (select from reviews r where r.subject = a.id::text and r.kind like 'evidence_%' and r.closed_at is null) then 'quarantined'
          when d.id is null and a.state in ('requested', 'pending', 'unknown', 'expired') then 'unresolved' end as what,
        case when d.id is not null and d.receipt is null then d.id else a.id end as subject, p.reference, p.state as status, a.amount_cents = ${amount} as amount_agrees
      from payments p join attempts a on a.payment_id = p.id left join deposits d on d.attempt_id = a.id
      where ${amount} is not null and (p.phone_hash = ${phoneHash} or a.phone_tail = ${tail})
        and p.created_at between ${at} - interval '2 days' and ${at} + interval '5 minutes'
        and a.created_at between ${at} - interval '15 minutes' and ${at} + interval '5 minutes'
    )
    select * from booked union all select * from payout
    union all select * from prompt where what is not null and (what = 'quarantined' or amount_agrees) and not exists (select from booked)
    limit 20`,
  );
}
