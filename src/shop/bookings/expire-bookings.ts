import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { instantSql } from '#ground/db/rows.ts';
import { expiredSql, expirePaymentsSql } from '#mpesa/payments/end-payments.ts';
import { TOLD_WAITS } from '#mpesa/payments/told-waits.ts';
import type { App } from '#mpesa/wiring/app.ts';

const BATCH = 500;

/** Whether booking `b` with its payment `p` ends when its time is over. */
const MAY_EXPIRE = sql`b.state = 'created' and p.state in ('pending', 'unknown', 'failed', 'expired')
  and not exists (select from attempts a where a.payment_id = p.id and a.state in ('requested', 'pending', 'unknown')) and not ${TOLD_WAITS}`;

/**
 * Ends bookings whose fee was not paid in time, and their payments with them. A booking is left open while a prompt for it is undecided, or while told money
 * for it waits for proof. Set-based, oldest first; safe at any frequency and at the same time as itself.
 */
export async function expireBookings({ db, clock }: Pick<App, 'db' | 'clock'>, deadline: Date): Promise<{ expired: number }> {
  let expired = 0;
  while (clock.now() < deadline) {
    const now = clock.now();
    const at = instantSql(now);
    const { rows } = await db.execute(sql`
      with due as materialized ( -- always payment, then booking
        select p.id, p.state as before from payments p join bookings b on b.id = p.id
        where b.expires_at <= ${at} and ${MAY_EXPIRE}
        order by b.expires_at limit ${BATCH} for update of p skip locked
      ), ended as (
        update bookings b set state = 'expired' from due where b.id = due.id and b.state = 'created' returning b.id, due.before
      ), closed as (
        ${expirePaymentsSql(sql`ended`)}
      ), audited as (
        ${recordSql({ actor: 'malipo', action: 'booking_expired', subject: sql`id::text`, happenedAt: now, from: sql`ended` })}
      ), payments_audited as (
        ${expiredSql(sql`ended where before <> 'expired'`, now)}
      )
      select id from ended`);
    expired += rows.length;
    if (rows.length < BATCH) break;
  }
  return { expired };
}

/** When the next booking ends, as a value in a statement. */
export const expiryDueSql = (): SQL => sql`(select min(b.expires_at) from bookings b join payments p on p.id = b.id where ${MAY_EXPIRE})`;
