import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { countSql, isCounted, listInput, skippedBy, takePage } from '#ground/db/page.ts';
import { decrypted, inOneBatch, instant } from '#ground/db/rows.ts';
import { CHANNELS } from '#ground/outbox/message.ts';
import { maskEmail } from '#ground/text/mask-email.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import type { App } from '#mpesa/wiring/app.ts';

export const ListUnreachableInput = listInput(
  { channel: z.enum(CHANNELS).optional(), offset: z.coerce.number().int().min(0).max(100_000).optional() },
  500,
  100,
).refine(({ offset, page }) => offset === undefined || page === undefined, {
  path: ['page'],
  message: 'Send page or offset, not both: each says where the page begins.',
});

const Row = z.object({
  ...{ channel: z.enum(CHANNELS), reason: z.string(), refusedAt: instant },
  ...{ personId: z.uuid().nullable(), name: decrypted('name').nullable(), phone: decrypted('phone').nullable() },
  ...{ paymentId: z.uuid().nullable(), invoiceId: z.uuid().nullable(), email: decrypted('email').nullable() },
});

/** The latest payment that names an address, by the hash of its channel. */
const PAYMENT = sql`lateral (
    (select y.id, y.phone, y.email, y.created_at from payments y where u.channel = 'sms' and y.phone_hash = u.address_hash order by y.created_at desc limit 1)
    union all
    (select y.id, y.phone, y.email, y.created_at from payments y where u.channel = 'email' and y.email_hash = u.address_hash order by y.created_at desc limit 1)
  ) y on true`;

/**
 * The phones and e-mail addresses that a provider has refused for good, latest first: with the person whose phone it is, where it is one
 * of ours, and the latest payment that names it. Only an address's hash is kept, so it is shown, masked, where one of these has it; ids of payments are for who may read them.
 */
export async function listUnreachable(
  { db }: Pick<App, 'db'>,
  input: z.output<typeof ListUnreachableInput>,
  { caller }: { caller: Pick<Caller, 'scopes'> },
) {
  const { channel, limit, offset = skippedBy(input) } = input;
  const wanted = channel ? sql`u.channel = ${channel}` : sql`true`;
  const answered = await inOneBatch(db, [
    sql`
    select u.channel, u.reason, u.refused_at, p.id as person_id, p.name, coalesce(p.phone, y.phone) as phone, y.email, y.id as payment_id, i.id as invoice_id
    from unreachable u left join people p on p.phone_hash = u.address_hash left join ${PAYMENT}
    left join invoices i on i.payment_id = y.id and i.kind <> 'credit_note'
    where ${wanted} order by u.refused_at desc, u.address_hash limit ${limit + 1} offset ${offset}`,
    ...(isCounted(input) ? [countSql(sql`from unreachable u where ${wanted}`)] : []),
  ]);
  const { rows, hasMore, totals } = takePage(Row, input, answered);
  const seesPayments = caller.scopes.includes('payments:read');
  const unreachable = rows.map(({ refusedAt, personId, name, phone, email, paymentId, invoiceId, ...mark }) => ({
    ...{ ...mark, refusedAt: refusedAt.toISOString() },
    maskedAddress: mark.channel === 'sms' ? phone && maskPhone(phone) : email && maskEmail(email),
    person: personId === null ? null : { personId, name },
    lastPayment: seesPayments && paymentId !== null ? { paymentId, invoiceId } : null,
  }));
  return { unreachable, nextOffset: hasMore ? offset + limit : null, ...totals };
}
