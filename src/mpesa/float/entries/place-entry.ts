import type { Config } from '#ground/config/config.ts';
import type { Reader } from '#ground/db/types.ts';
import { least } from '#ground/money/cents.ts';
import { addDays, type Day, nairobiMoment } from '#ground/time/nairobi.ts';
import type { FLOAT_ENTRY_KINDS } from '../float.schema.ts';
import { magnitude } from '../watch/judge-rest.ts';
import { readExpectedCharges } from '../watch/read-expected-charges.ts';
import type { Gap } from '../watch/read-gaps.ts';

/** An entry that waits for approval. A payment by hand is not placed: it needs a statement's line instead (book-paid-out.ts). */
export type WaitingEntry = {
  shortcode: string;
  kind: Exclude<(typeof FLOAT_ENTRY_KINDS)[number], 'paid_out'>;
  amountCents: bigint;
  occurredOn: Day;
};

/**
 * Which part of an entry explains which gap. `at` is when the rest counts, or the last part if nothing is left; null where it counts already, as a charge that the
 * tariff expects.
 */
export type Place = { parts: Part[]; at: Date | null };
type Part = { gap: Gap; cents: bigint };

/**
 * When the balance watch counts an entry: if gaps explain all of it, at the end of the latest of them. Otherwise its rest counts from `countsFrom`, whatever day it
 * names: when it was requested, or after the last balance that agreed, so that later balances show an entry that never happened. A charge that the tariff expected
 * counts already.
 */
export async function placeEntry(
  db: Reader,
  config: Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>,
  gaps: Gap[],
  entry: WaitingEntry & { askedAt: Date; countsFrom: Date },
): Promise<Place> {
  const { kind, shortcode, amountCents, askedAt, countsFrom } = entry;
  if (kind === 'charge' && !findExact(gaps, entry) && amountCents <= (await readExpectedCharges(db, config, shortcode, askedAt)))
    return { parts: [], at: null };
  const parts = findParts(gaps, entry);
  const explained = parts.reduce((sum, { cents }) => sum + cents, 0n);
  return { parts, at: explained < amountCents ? countsFrom : new Date(Math.max(...parts.map(({ gap }) => gap.until.getTime()))) };
}

/**
 * What an entry explains. First choice is a gap of exactly its amount, preferably of its day. Otherwise a top-up takes one gap that covers and proves it, or several
 * that do so together. A sweep or charge takes one gap of its day that covers it, or the gaps of its day one after the other, but never more than is missing there,
 * since the excess would look like money that came.
 */
function findParts(gaps: Gap[], entry: WaitingEntry): Part[] {
  const { kind, amountCents, occurredOn } = entry;
  const fitting = gaps.filter((gap) => fits(gap, kind));
  const ofDay = fitting.filter((gap) => isOfDay(gap, occurredOn));
  const holds = (gap: Gap) => magnitude(gap.cents) >= amountCents;
  const whole = findExact(gaps, entry) ?? ofDay.find(holds) ?? (kind === 'top_up' ? fitting.find(holds) : undefined);
  if (whole) return [{ gap: whole, cents: amountCents }];
  if (kind !== 'top_up') return spread(ofDay, amountCents);
  const parts = spread([...ofDay, ...fitting.filter((gap) => !ofDay.includes(gap))], amountCents);
  return parts.reduce((sum, { cents }) => sum + cents, 0n) === amountCents ? parts : [];
}

function findExact(gaps: Gap[], { kind, amountCents, occurredOn }: WaitingEntry): Gap | undefined {
  const exact = gaps.filter((gap) => fits(gap, kind) && magnitude(gap.cents) === amountCents);
  return exact.find((gap) => isOfDay(gap, occurredOn)) ?? exact[0];
}

/** Fills gap by gap until the whole amount is placed or no gap is left. */
function spread(gaps: Gap[], amountCents: bigint): Part[] {
  let left = amountCents;
  const parts: Part[] = [];
  for (const gap of gaps) {
    const cents = least(left, magnitude(gap.cents));
    if (cents > 0n) parts.push({ gap, cents });
    left -= cents;
  }
  return parts;
}

const fits = ({ cents, proves }: Gap, kind: WaitingEntry['kind']) => (kind === 'top_up' ? proves && cents > 0n : cents < 0n);
const isOfDay = ({ from, until }: Gap, day: Day) => from < nairobiMoment(addDays(day, 1)) && until >= nairobiMoment(day);
