import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { forgetUnreachableSql } from '#ground/notify/unreachable.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Which invoice to send once more. */
export const ResendInput = z.strictObject({ id: z.uuid() });

/** Promises an invoice's e-mail once more, for an operator, also to an address that was refused. Throws `invoice_not_found`, or `no_email` when the customer gave no address. */
export async function requestResend({ db, clock }: Pick<App, 'db' | 'clock'>, { id }: z.output<typeof ResendInput>, call: Call) {
  const now = clock.now();
  const [found] = await readRows(
    db,
    z.object({ hasEmail: z.boolean() }),
    sql`
    with invoice as (
      select i.id, p.email is not null as has_email from invoices i join payments p on p.id = i.payment_id where i.id = ${id}::uuid
    ), promised as (
      ${enqueueSql({
        key: sql`'invoice:' || id || ':' || ${call.requestId}::text`,
        message: { kind: 'invoice_email', invoiceId: sql`id` },
        dueAt: now,
        from: sql`invoice where has_email`,
      })}
    ), tried_again as (
      ${forgetUnreachableSql('email', sql`(select p.email_hash from invoices i join payments p on p.id = i.payment_id where i.id = ${id}::uuid)`)}
    ), audited as (
      ${recordSql({ actor: call.caller.id, action: 'invoice_resent', subject: sql`id::text`, happenedAt: now, from: sql`invoice where has_email` })}
    )
    select has_email from invoice`,
  );
  if (!found) throw new AppError('invoice_not_found', 'There is no such invoice.');
  if (!found.hasEmail) throw new AppError('no_email', 'The customer gave no e-mail address: hand them the PDF instead.');
  return { invoiceId: id, status: 'queued' };
}
