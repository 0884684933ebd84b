import type { Config } from '#ground/config/config.ts';
import type { Reader } from '#ground/db/types.ts';
import { kes } from '#ground/money/cents.ts';
import { nearestTo0 } from '../watch/judge-rest.ts';
import type { Gap } from '../watch/read-gaps.ts';
import { APART_MS, type Reading, readReadings, readRest, SETTLES_WITHIN_MS } from '../watch/read-rest.ts';

const greater = (one: bigint, other: bigint): bigint => (one < other ? other : one);

type Unproved = { shortcode: string; amountCents: bigint; gaps: Gap[]; now: Date };

/** Why Safaricom's balances do not prove a top-up, what to do, and when. */
export async function sayUnproved(
  db: Reader,
  config: Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>,
  { shortcode, amountCents, gaps, now }: Unproved,
): Promise<string> {
  const otherwise = 'An M-PESA statement that is signed off books it too.';
  const more = (those: Gap[]) => those.reduce((sum, { cents }) => sum + greater(cents, 0n), 0n);
  const lacking = amountCents - more(gaps.filter(({ proves }) => proves));
  const seen = gaps.find(({ cents, proves }) => !proves && cents >= lacking);
  if (!seen) {
    const shown =
      gaps.length === 0
        ? `Safaricom has not reported a balance of ${shortcode} yet that could be compared.`
        : `Safaricom's balance of ${shortcode} shows ${kes(more(gaps))} more than the books, not ${kes(amountCents)}.`;
    return `${shown} When the money has arrived, two balances have to show it, half an hour apart: ask for them (POST /api/account-balance; each hour they are asked for anyway), and approve again ten minutes after the second. ${otherwise}`;
  }
  const [first, ...later] = await readShowing(db, config, { shortcode, amountCents: lacking, seen, now });
  const second = first && later.find(({ at }) => at.getTime() - first.at.getTime() >= APART_MS);
  const one = `Safaricom's balance of ${inNairobi(first?.at ?? seen.until)} shows it; one alone proves nothing, since we may not have been notified yet of what was paid just before.`;
  if (second)
    return `${one} That of ${inNairobi(second.at)} shows it too: approve again from ${inNairobi(second.at, SETTLES_WITHIN_MS)} on. ${otherwise}`;
  return `${one} Ask for another from ${inNairobi(first?.at ?? seen.until, APART_MS)} on (POST /api/account-balance; each hour it is asked for anyway), and approve again ten minutes after it. ${otherwise}`;
}

/** The balances that show the money, oldest first, including those of the last minutes. Where the very first balance shows it, all later ones build on that. */
async function readShowing(
  db: Reader,
  config: Parameters<typeof sayUnproved>[1],
  { shortcode, amountCents, seen, now }: Omit<Unproved, 'gaps'> & { seen: Gap },
): Promise<Pick<Reading, 'at'>[]> {
  const after = seen.seen?.since;
  if (!after) return [{ at: seen.until }, ...(await readReadings(db, { shortcode, after: seen.until, now, atOnce: true }))];
  const readings = await readReadings(db, { shortcode, after: after.at, now, atOnce: true });
  const rests = await Promise.all(readings.map((reading) => readRest(db, config, shortcode, after, reading)));
  return readings.filter((_, n) => nearestTo0(rests[n] ?? { from: 0n, until: 0n }) >= amountCents);
}

/** The time in Nairobi; with `laterMs` it is when somebody can act, rounded up to the minute. */
function inNairobi(at: Date, laterMs = 0): string {
  const shown = new Date(laterMs === 0 ? at : Math.ceil((at.getTime() + laterMs) / 60_000) * 60_000);
  return shown.toLocaleTimeString('en-KE', { timeZone: 'Africa/Nairobi', hour: '2-digit', minute: '2-digit', hour12: false });
}
