import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { GIVEN_UP } from '#mpesa/payments/given-up.ts';
import { type Letters, pageSql, TASK_OF } from './letter.ts';

/** Why money that came cannot be discarded. */
export const MONEY_STAYS = 'This is money that came, and it waits in clearing: correct the cause, then retry it.';

const Row = z.object({
  id: z.uuid(),
  at: instant,
  tries: z.number(),
  words: z.string().nullable(),
  amountCents: bigintText,
  receipt: z.string().nullable(),
  paymentId: z.uuid().nullable(),
});

const AT = sql`coalesce(r.opened_at, d.settled_at)`;

/** Money that could not be allocated in three tries, whether or not its task is still open. */
export const allocationLetters: Letters = {
  select: (page) => sql`
    select d.id, ${AT} as at, d.allocation_tries as tries, r.words, d.amount_cents, d.receipt, d.payment_id
    from deposits d left join lateral (
      select opened_at, words from reviews where kind = ${TASK_OF.allocation} and subject = d.id::text order by opened_at desc limit 1
    ) r on true
    where ${GIVEN_UP} ${pageSql(AT, sql`d.id`, page)}`,
  read: (rows) =>
    rowsOf(Row, rows).map(({ id, at, tries, words, amountCents, receipt, paymentId }) => ({
      ...{
        letterId: id,
        kind: 'allocation',
        what: 'Money that could not be booked to what it pays for.',
        reason: words ?? 'unknown',
        tries,
        at,
      },
      ...{ about: { depositId: id, amount: shillings(amountCents), receipt, paymentId }, mustStay: MONEY_STAYS },
    })),
};
