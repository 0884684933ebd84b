import { sql } from 'drizzle-orm';
import { record } from '#ground/audit/record.ts';
import type { Call, Caller } from '#ground/call.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { type ToldPayer, toldPayer } from '#mpesa/paybill/told-payer.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { type Decider, decideHold } from './decide-hold.ts';
import { type LockedBooking, lockBookingOf } from './lock-booking.ts';
import { openBookingPayout } from './open-booking-payout.ts';
import { showBooking } from './present-booking.ts';
import { readOwed } from './read-owed.ts';
import { requireLeaves } from './require-leaves.ts';
import type { ResolveBookingInput } from './resolve-booking-input.ts';
import { LEAST_PAYOUT_CENTS } from './split-hold.ts';

/**
 * Carries out what the organisation has decided about a booking, and answers how it stands then. A fee is released or refunded once, however many ask at once.
 * One transaction. Throws `booking_not_found`, also for another key's booking, and an error of its own for each action that the state does not allow.
 */
export function resolveBooking(
  { db, clock, config, upstairs }: Pick<App, 'db' | 'clock' | 'config' | 'upstairs'>,
  input: ResolveBookingInput,
  call: Call,
) {
  const by: Decider = { config, upstairs, actor: call.caller.id, requestId: call.requestId, now: clock.now() };
  return db.transaction(async (tx) => {
    const booking = await lockBookingOf(tx, input.id, call.caller);
    await perform(tx, booking, input, call.caller, by);
    return await showBooking(tx, booking.id, true);
  });
}

function perform(tx: Tx, booking: LockedBooking, input: ResolveBookingInput, caller: Caller, by: Decider): Promise<void> {
  switch (input.action) {
    case 'release':
      return decideHold(
        tx,
        booking,
        input.to === 'income' ? { to: 'income' } : { to: 'provider', keepCents: input.keep, told: toldPayer(input, caller) },
        by,
      );
    case 'refund':
      return decideHold(tx, booking, { to: 'payer', amountCents: input.amount, told: toldPayer(input, caller) }, by);
    case 'dispute':
      return move(tx, booking, { from: 'held', to: 'disputed' }, by);
    case 'reopen':
      return move(tx, booking, { from: 'disputed', to: 'held' }, by);
    case 'retry-payout':
      return retryPayout(tx, booking, toldPayer(input, caller), by);
  }
}

/** A dispute cancels the automatic decision for good: even after the booking is reopened, a person decides. */
async function move(
  tx: Tx,
  { id, state }: LockedBooking,
  { from, to }: { from: 'held' | 'disputed'; to: 'held' | 'disputed' },
  { actor, requestId, now }: Decider,
): Promise<void> {
  if (state !== from) {
    const code = state === 'created' || state === 'expired' ? 'booking_not_held' : 'booking_decided';
    throw new AppError(code, `This booking is ${state === 'held' ? 'matching' : state}: that cannot be done to it.`, { bookingId: id });
  }
  await tx.execute(sql`update bookings set state = ${to}, auto_resolve_at = null where id = ${id}::uuid`);
  const action = to === 'disputed' ? 'booking_disputed' : 'booking_reopened';
  await record(tx, { actor, action, subject: id, before: from, after: to, requestId, happenedAt: now });
}

/**
 * The decision stands; this requests a new payout of what is still owed, after the last one was declined or rejected and its money is back, or after a part was
 * paid by hand.
 */
async function retryPayout(tx: Tx, booking: LockedBooking, told: ToldPayer, by: Decider): Promise<void> {
  const { upstairs, actor, requestId, now } = by;
  const last = await readOwed(tx, booking);
  if (!last)
    throw new AppError('booking_not_held', 'No payout was requested for this booking: decide it first.', { bookingId: booking.id });
  const to = last.kind === 'refund' ? 'payer' : 'provider';
  await requireLeaves(tx, upstairs, booking, to);
  requireSendable(booking, last.owedCents);
  const payoutId = await openBookingPayout(tx, by, booking, { to, amountCents: last.owedCents, told, actor, now });
  await tx.execute(sql`update bookings set payout_id = ${payoutId}::uuid where id = ${booking.id}::uuid`);
  const note = `Requested again: ${payoutId}.`;
  await tx.execute(closeTasksSql({ kinds: ['payout_rejected'], subjects: [String(booking.payoutId)], closedAt: now, note }));
  const [before, after] = [{ payoutId: booking.payoutId }, { payoutId }];
  await record(tx, { actor, action: 'booking_payout_retried', subject: booking.id, before, after, requestId, happenedAt: now });
}

/** Refuses where nothing of a fee is left to pay, or an amount that M-PESA cannot send. */
function requireSendable({ id: bookingId }: LockedBooking, owedCents: bigint): void {
  if (owedCents <= 0n)
    throw new AppError('booking_decided', 'None of this fee is owed any more: it was paid out or refunded.', {
      bookingId,
    });
  if (owedCents < LEAST_PAYOUT_CENTS || owedCents % 100n !== 0n)
    throw new AppError(
      'amount_out_of_range',
      `${kes(owedCents)} of it is still owed, and M-PESA sends whole shillings, 10 at least: pay them by hand, and enter that (POST /api/float-entries, kind "paid_out", with the bookingId).`,
      { bookingId },
    );
}
