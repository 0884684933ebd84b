import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { addDays, nairobiMoment } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { PAYMENT_COLUMNS, PaymentRow, presentPayment } from '../payments/present-payment.ts';
import { DaysInput, daysAsked } from './report-days.ts';

export const RecentInput = DaysInput.extend({ limit: z.coerce.number().int().min(1).max(100).default(20) });

const COLUMNS = ['createdAt', 'reference', 'type', 'status', 'amount', 'maskedPhone', 'mpesaReceiptNumber', 'proved', 'failureReason'];

/** The newest payments of some days, as the history shows them; `GET /api/payments` has all of them, with filters. Throws `invalid_input`. */
export async function readRecentPayments(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { format, limit, ...asked }: z.output<typeof RecentInput>,
) {
  const now = clock.now();
  const { from, to } = daysAsked(asked, now);
  const rows = await readRows(
    db,
    PaymentRow,
    sql`select ${PAYMENT_COLUMNS} where p.created_at >= ${instantSql(nairobiMoment(from))} and p.created_at < ${instantSql(nairobiMoment(addDays(to, 1)))}
      order by p.created_at desc, p.id desc limit ${limit}`,
  );
  const payments = rows.map((row) => presentPayment(row, now));
  if (format === 'csv') return new Sheet(`recent-${from}-${to}.csv`, COLUMNS, payments);
  return { from, to, payments };
}
