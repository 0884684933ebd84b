import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import { isDoubtedSql } from '#mpesa/paybill/payer-of.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { decideHold } from './decide-hold.ts';
import { type LockedBooking, lockBooking } from './lock-booking.ts';
import type { Decision } from './split-hold.ts';

const BATCH = 100;

/**
 * Carries out, once, the automatic decision that was set when a booking was created, a set time after its fee was held. A decision to pay money out waits until
 * the receipt is confirmed; one for a provider also waits until no task puts the payment in doubt. A decision that fails becomes a task for a person and is not
 * tried again.
 */
export async function resolveDueBookings(app: App, deadline: Date): Promise<{ decided: number; failed: number }> {
  const done = { decided: 0, failed: 0 };
  for (const { id } of await findDue(app)) {
    if (app.clock.now() >= deadline) break;
    try {
      if (await decideIfDue(app, id)) done.decided += 1;
    } catch (error) {
      done.failed += 1;
      app.log.error('booking_undecided', error, { bookingId: id });
      await handOver(app, id);
    }
  }
  return done;
}

/** The bookings `b` whose automatic decision can be carried out once its time has come. */
const DECIDABLE = sql`from bookings b join payments p on p.id = b.id join deposits d on d.id = p.counted_deposit_id
  where b.auto_resolve_at is not null and d.refuted_at is null and (b.auto_to = 'income' or d.confirmed_at is not null)
    and not (b.auto_to = 'provider' and ${isDoubtedSql(sql`d`)})`;

/** When the next automatic decision is due, as a value in a statement. */
export const decisionDueSql = (): SQL => sql`(select min(b.auto_resolve_at) ${DECIDABLE})`;

const findDue = ({ db, clock }: App) =>
  readRows(
    db,
    z.object({ id: z.uuid() }),
    sql`
    select b.id ${DECIDABLE} and b.auto_resolve_at <= ${instantSql(clock.now())} order by b.auto_resolve_at limit ${BATCH}`,
  );

/** Checks again under the lock: another run, or a person, may have been faster. */
const decideIfDue = ({ db, clock, config, upstairs }: App, id: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const now = clock.now();
    const booking = await lockBooking(tx, id);
    const decision = booking && decisionOf(booking);
    if (!booking?.autoResolveAt || booking.autoResolveAt > now || !decision) return false;
    await decideHold(tx, booking, decision, { config, upstairs, actor: 'malipo', now });
    return true;
  });

function decisionOf({ autoTo, autoKeepCents }: LockedBooking): Decision | undefined {
  if (autoTo === null) return undefined;
  return autoTo === 'provider' ? { to: autoTo, keepCents: autoKeepCents ?? 0n } : { to: autoTo };
}

const handOver = ({ db, clock }: App, id: string) =>
  db.execute(sql`
  with left_alone as (
    update bookings set auto_resolve_at = null where id = ${id}::uuid and auto_resolve_at is not null returning id
  ), ${openTasksSql({ kind: 'booking_undecided', subject: sql`id::text`, openedAt: clock.now(), from: sql`left_alone` })}
  select`);
