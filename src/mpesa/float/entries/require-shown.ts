import { balanceOf } from '#books/ledger/balance.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes } from '#ground/money/cents.ts';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import { readReadings } from '../watch/read-rest.ts';
import type { Place, WaitingEntry } from './place-entry.ts';

/** How far back a sweep that no balance shows can still be compared. A charge may name any day. */
const COMPARED_FOR_DAYS = 62;
const DAY_MS = 24 * 3_600_000;

/**
 * Refuses what cannot have left; for all else a second person's word suffices. The part that no balance shows may be at most what the books or Safaricom's last
 * balance hold, and a sweep with such a part may not be of a day long past. A false entry would stop all payouts until two balances show that it never happened.
 * Throws `entry_not_shown`.
 */
export async function requireShown(tx: Tx, entry: WaitingEntry, { parts, at }: Place, now: Date): Promise<void> {
  const { kind, shortcode, amountCents, occurredOn } = entry;
  const unseen = amountCents - parts.reduce((sum, { cents }) => sum + cents, 0n);
  if (kind === 'top_up' || at === null || unseen <= 0n) return;
  const instead = 'Reject it, and enter what left as the M-PESA statement shows it; a signed statement books it by itself.';
  const unshown = unseen < amountCents ? `No balance shows that ${kes(unseen)} of it left` : 'No balance shows that it left';
  if (kind === 'sweep' && occurredOn < addDays(nairobiDay(now), -COMPARED_FOR_DAYS))
    throw new AppError(
      'entry_not_shown',
      `${unshown} ${shortcode}, and ${occurredOn} is too long ago to compare: what is more than ${COMPARED_FOR_DAYS} days back takes a statement. ${instead}`,
    );
  const held = (await balanceOf(tx, `paybill_float:${shortcode}`)) + (await balanceOf(tx, `paybill_told:${shortcode}`));
  const told = (await readReadings(tx, { shortcode, after: new Date(now.getTime() - DAY_MS), now, atOnce: true })).at(-1);
  if (unseen <= held || (told && unseen <= told.cents)) return;
  const balance = told ? `Safaricom's last balance is ${kes(told.cents)}` : 'Safaricom has reported no balance in the last day';
  throw new AppError(
    'entry_not_shown',
    `${unshown}, and that is more than there is on ${shortcode}: the books have ${kes(held)} there, ${balance}. Did it leave a moment ago? Ask for a balance (POST /api/account-balance), and approve again. ${instead}`,
  );
}
