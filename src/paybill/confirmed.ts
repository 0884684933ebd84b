import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';

/** Refuses to let the money of these deposits leave before it is proved: throws `receipt_unconfirmed`. Ask under their locks. */
export async function requireConfirmed(tx: Tx, depositIds: string[]): Promise<void> {
  const statement = sql`
  select not exists (select from deposits d where d.id = any(${sql.param(depositIds)}::uuid[]) and (d.confirmed_at is null or d.refuted_at is not null)) as confirmed`;
  const [row] = await readRows(tx, z.object({ confirmed: z.boolean() }), statement);
  if (!row?.confirmed)
    throw new AppError(
      'receipt_unconfirmed',
      'Nothing has proved yet that this money came, so it cannot leave again. Safaricom is being asked: try again in some minutes.',
    );
}

const GivenBack = z.object({ how: z.enum(['portal', 'perhaps']), receipt: z.string().nullable() });

/** Refuses to let a deposit's money leave that has, or may have, been given back already: throws `reversed_elsewhere`. Ask under its lock. */
export async function requireNotReversed(tx: Tx, depositId: string): Promise<void> {
  const statement = sql`select given_back_1(d) as how, reversal_receipt as receipt from deposits d where id = ${depositId}::uuid and given_back_1(d) is not null`;
  const [reversed] = await readRows(tx, GivenBack, statement);
  if (reversed) throw new AppError('reversed_elsewhere', GIVEN_BACK[reversed.how], { receipt: reversed.receipt ?? '' });
}

/** What to do about money that was given back already, by what given_back_1 says. */
export const GIVEN_BACK = {
  portal:
    "A signed statement shows that somebody gave this money back in Safaricom's portal: it does not leave a second time. Take it back (POST /api/deposits/<id>/take-back).",
  perhaps:
    'A signed statement shows that somebody gave a payment back in Safaricom\'s portal which may be this one, since no receipt of its own is proved (see the task "receipt_doubted"): import and sign the statement of the days in which both came, which says how many there were.',
};

/** How the money was given back already that a payout would give back, or pay on (`given_back_1`); null where it was not. `payout` is its row's name in the statement. */
export const givenBackSql = (payout: SQL): SQL => {
  const subject = sql`case when ${payout}.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then ${payout}.subject::uuid end`;
  return sql`(
  select given_back_1(d) from deposits d where ${payout}.kind in ('refund', 'reversal', 'payment') and given_back_1(d) is not null
    and d.id in (${subject}, (select c.counted_deposit_id from payments c where c.id = ${subject})) limit 1)`;
};
