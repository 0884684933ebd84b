import type { Tx } from '#ground/db/types.ts';
import { requireConfirmed, requireNotReversed } from '#mpesa/paybill/confirmed.ts';
import { requirePaysOn } from '#mpesa/paybill/held-back.ts';
import type { Upstairs } from '#mpesa/wiring/upstairs.ts';
import type { LockedBooking } from './lock-booking.ts';

/**
 * Refuses to pay out a fee that is not proved or was given back in the portal, and to pay a provider while the fee's payment is in doubt. Throws
 * `deposit_refuted`, `receipt_unconfirmed`, `reversed_elsewhere`, `payer_unknown`.
 */
export async function requireLeaves(tx: Tx, upstairs: Upstairs, { id, depositId }: LockedBooking, to: 'provider' | 'payer'): Promise<void> {
  if (depositId) await requireConfirmed(tx, [depositId]);
  if (depositId) await requireNotReversed(tx, depositId);
  if (to === 'provider') await requirePaysOn(tx, upstairs, id);
}
