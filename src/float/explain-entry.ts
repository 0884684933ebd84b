import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '../config.ts';
import { bigintText, instant, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import { addDays, type Day, nairobiMoment } from '../time/nairobi.ts';
import type { FLOAT_ENTRY_KINDS } from './float.schema.ts';
import { nearestTo0 } from './judge-rest.ts';
import { readExpectedCharges } from './read-expected-charges.ts';
import { APART_MS, type Reading, readReadings, readRest } from './read-rest.ts';
import { readDifferences } from './write-differences.ts';

/** An entry that waits. */
export type WaitingEntry = { shortcode: string; kind: (typeof FLOAT_ENTRY_KINDS)[number]; amountCents: bigint; occurredOn: Day };

/**
 * A time in which Safaricom's figure changed by so much more than the books, or less. `from` is not in it. What one balance alone shows proves no money: what was paid just
 * before it may not have been told us yet. `seen` is that balance, and whether its figure leaves no doubt.
 */
export type Gap = { cents: bigint; from: Date; until: Date; proves: boolean; seen?: { since: Reading; newest: Reading; isExact: boolean } };

const Watch = z.object({
  openedAt: instant,
  seenAt: instant,
  openingCents: bigintText,
  lateCents: bigintText,
  anchorAt: instant,
  anchorCents: bigintText,
});

/** How far back a statement tells of money that nobody had told us of before the first balance. */
const LEARNT_LATER_DAYS = 62;

/**
 * What Safaricom's balances have that the books lack, or lack what those have: the open differences, what the newest balance shows beside them, and what was there when
 * the first one was told, which a second one has to follow. In this order an entry is found its place.
 */
export async function readGaps(
  db: Reader,
  config: Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>,
  shortcode: string,
  now: Date,
): Promise<Gap[]> {
  const [watch] = await readRows(
    db,
    Watch,
    sql`
    select w.opened_at as "openedAt", w.seen_at as "seenAt", w.opening_cents as "openingCents", w.anchor_at as "anchorAt", w.anchor_cents as "anchorCents",
      (select coalesce(sum(d.amount_cents), 0) from deposits d where d.shortcode = w.shortcode and d.moved_at <= w.opened_at
        and d.moved_at > w.opened_at - make_interval(days => ${LEARNT_LATER_DAYS}) and d.settled_at > w.opened_at and d.merged_into is null and d.taken_back_at is null) as "lateCents"
    from float_watches w where w.shortcode = ${shortcode}`,
  );
  if (!watch) return [];
  const gaps = (await readDifferences(db, shortcode)).map(
    ({ amountCents, since, first }): Gap => ({ cents: amountCents, from: since.at, until: first.at, proves: true }),
  );
  const anchor = { at: watch.anchorAt, cents: watch.anchorCents };
  const newest = (await readReadings(db, { shortcode, after: anchor.at, now, atOnce: true })).at(-1);
  if (newest) {
    const rest = await readRest(db, config, shortcode, anchor, newest);
    const seen = { since: anchor, newest, isExact: rest.from === rest.until };
    gaps.push({ cents: nearestTo0(rest), from: anchor.at, until: newest.at, proves: false, seen });
  }
  const isConfirmed = watch.seenAt.getTime() - watch.openedAt.getTime() >= APART_MS;
  gaps.push({ cents: watch.openingCents - watch.lateCents, from: new Date(0), until: watch.openedAt, proves: isConfirmed });
  return gaps;
}

/** The gap that an entry explains, if there is one: of its day first. A top-up needs one that covers it and proves it; what left on another day than was entered is known by its amount. */
export function findGap(gaps: Gap[], { kind, amountCents, occurredOn }: WaitingEntry): Gap | undefined {
  const isUp = kind === 'top_up';
  const fitting = gaps.filter(({ cents, proves }) => (isUp ? proves && cents >= amountCents : cents < 0n));
  const ofDay = ({ from, until }: Gap) => from < nairobiMoment(addDays(occurredOn, 1)) && until >= nairobiMoment(occurredOn);
  return fitting.find(ofDay) ?? fitting.find(({ cents }) => isUp || cents === -amountCents);
}

/**
 * The moment from which the watch counts an entry: the end of the time whose gap it explains. Without one it counts when it was asked for, whatever day it names, so that
 * the next balances find one that never happened; but for a charge that the tariff expected, which counts already.
 */
export async function momentOf(
  db: Reader,
  config: Parameters<typeof readGaps>[1],
  entry: WaitingEntry & { askedAt: Date },
  gap: Gap | undefined,
): Promise<Date | null> {
  if (gap) return gap.until;
  const { kind, shortcode, amountCents, askedAt } = entry;
  return kind === 'charge' && amountCents <= (await readExpectedCharges(db, config, shortcode, askedAt)) ? null : askedAt;
}
