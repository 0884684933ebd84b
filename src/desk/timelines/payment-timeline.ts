import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call, Caller } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { MATCHED_PARTS } from './matched-parts.ts';
import { MONEY_IN } from './money-in.ts';
import { MONEY_OUT } from './money-out.ts';
import { readTimeline, type Timeline, timelineInput } from './read-timeline.ts';
import { idsOf } from './things.ts';

export const PaymentTimelineInput = timelineInput(z.uuid());
type Input = z.output<typeof PaymentTimelineInput>;

/** Of all payments for staff, of those of their own verified number for customers. */
const visible = ({ scopes, person }: Caller): SQL =>
  scopes.includes('payments:read') ? sql`true` : person ? sql`p.phone_hash = ${person.phoneHash}` : sql`false`;

const depositsOf = sql`
  select d.id from deposits d where d.payment_id = any(${idsOf('payment')})
  union select m.deposit_id from matches m where m.payment_id = any(${idsOf('payment')})`;

/** Of money that was divided its owner sees their own part alone (matched-parts.ts): the whole, and what was given back of the rest, is somebody else's. */
const ownDepositsOf = sql`
  select d.id from (${depositsOf}) d where not exists (select from matches m where m.deposit_id = d.id)`;

/** A payment with its prompts, the money that came for it, what of it was given back, and its invoices. */
const timelineOf = (root: SQL, { scopes }: Caller): Timeline => ({
  root,
  sources: [...MONEY_IN, ...(scopes.includes('payments:read') ? [] : [MATCHED_PARTS]), ...MONEY_OUT],
  things: {
    payment: root,
    attempt: sql`select a.id from attempts a where a.payment_id = any(${idsOf('payment')})`,
    deposit: scopes.includes('payments:read') ? depositsOf : ownDepositsOf,
    payout: sql`
      select o.id from payouts o where o.subject_id = any(${idsOf('payment')} || ${idsOf('deposit')})
      union select o.id from payouts o where o.payment_id = any(${idsOf('payment')})`,
    withdrawal: sql`select w.id from withdrawals w where w.payout_id = any(${idsOf('payout')})`,
    invoice: sql`
      select i.id from invoices i where i.payment_id = any(${idsOf('payment')}) and i.kind <> 'credit_note'
      union select c.id from invoices i join invoices c on c.credits_id = i.id where i.payment_id = any(${idsOf('payment')}) and i.kind <> 'credit_note'`,
  },
});

/** What happened to a payment. Throws `payment_not_found`, also for somebody else's. */
export async function readPaymentTimeline({ db }: Pick<App, 'db'>, { id, ...page }: Input, { caller }: Pick<Call, 'caller'>) {
  const root = sql`select p.id from payments p where p.id = ${id}::uuid and ${visible(caller)}`;
  const found = await readTimeline(db, timelineOf(root, caller), { ...page, right: 'payments:read', caller });
  if (!found) throw new AppError('payment_not_found', 'There is no such payment.');
  return { paymentId: id, ...found };
}

/** What happened to a booking and to its fee; its id is the payment's. Throws `booking_not_found`, also for somebody else's. */
export async function readBookingTimeline({ db }: Pick<App, 'db'>, { id, ...page }: Input, { caller }: Pick<Call, 'caller'>) {
  const root = sql`select p.id from payments p join bookings b on b.id = p.id where p.id = ${id}::uuid and ${visible(caller)}`;
  const found = await readTimeline(db, timelineOf(root, caller), { ...page, right: 'payments:read', caller });
  if (!found) throw new AppError('booking_not_found', 'There is no such booking.');
  return { bookingId: id, ...found };
}
