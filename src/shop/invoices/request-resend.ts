import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call, Reply } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Which invoice to send once more. */
export const ResendInput = z.strictObject({ id: z.uuid() });

/** Promises an invoice's e-mail once more, for an operator, also to an address that was refused; 202. Throws `invoice_not_found`, or `no_email` when the customer gave no address. */
export async function requestResend(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id }: z.output<typeof ResendInput>,
  call: Call,
): Promise<Reply> {
  const now = clock.now();
  const [found] = await readRows(
    db,
    z.object({ hasEmail: z.boolean() }),
    sql`
    with invoice as (
      select i.id, p.email is not null as "hasEmail" from invoices i join payments p on p.id = i.payment_id where i.id = ${id}::uuid
    ), promised as (
      insert into outbox (id, dedupe_key, message, due_at)
      select ${newId()}::uuid, 'invoice:' || id || ':' || ${call.requestId}, jsonb_build_object('kind', 'invoice_email', 'invoiceId', id), ${now.toISOString()}::timestamptz
      from invoice where "hasEmail" on conflict (dedupe_key) do nothing
    ), tried_again as (
      delete from unreachable u using invoices i join payments p on p.id = i.payment_id
      where i.id = ${id}::uuid and u.channel = 'email' and u.address_hash = p.email_hash
    ), audited as (
      ${recordSql({ actor: call.caller.id, action: 'invoice_resent', subject: sql`id::text`, before: sql`null::jsonb`, after: sql`null::jsonb`, happenedAt: now, from: sql`invoice where "hasEmail"` })}
    )
    select "hasEmail" from invoice`,
  );
  if (!found) throw new AppError('invoice_not_found', 'There is no such invoice.');
  if (!found.hasEmail) throw new AppError('no_email', 'The customer gave no e-mail address: hand them the PDF instead.');
  return { status: 202, json: { invoiceId: id, status: 'queued' } };
}
