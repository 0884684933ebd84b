import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '../config.ts';
import { bigintText, instant, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import { addDays, type Day, nairobiMoment } from '../time/nairobi.ts';
import type { FLOAT_ENTRY_KINDS } from './float.schema.ts';
import { nearestTo0 } from './judge-rest.ts';
import { type Reading, readReadings, readRest } from './read-rest.ts';
import { readDifferences } from './write-differences.ts';

/** An entry that waits. */
export type WaitingEntry = { shortcode: string; kind: (typeof FLOAT_ENTRY_KINDS)[number]; amountCents: bigint; occurredOn: Day };

/** A time in which Safaricom's figure changed by so much more than the books, or less. `from` is not in it. `seen` is the newest balance, where one alone shows it. */
export type Gap = { cents: bigint; from: Date; until: Date; seen?: { since: Reading; newest: Reading } };

const Watch = z.object({ openedAt: instant, openingCents: bigintText, lateCents: bigintText, anchorAt: instant, anchorCents: bigintText });

/** How far back a statement tells of money that nobody had told us of before the first balance. */
const LEARNT_LATER_DAYS = 62;

/**
 * What Safaricom's balances have that the books lack, or lack what those have: the open differences, what the newest balance shows beside them, and what was there when
 * the first one was told. In this order an entry is found its place.
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
    select w.opened_at as "openedAt", w.opening_cents as "openingCents", w.anchor_at as "anchorAt", w.anchor_cents as "anchorCents",
      (select coalesce(sum(d.amount_cents), 0) from deposits d where d.shortcode = w.shortcode and d.moved_at <= w.opened_at
        and d.moved_at > w.opened_at - make_interval(days => ${LEARNT_LATER_DAYS}) and d.settled_at > w.opened_at and d.merged_into is null and d.taken_back_at is null) as "lateCents"
    from float_watches w where w.shortcode = ${shortcode}`,
  );
  if (!watch) return [];
  const gaps = (await readDifferences(db, shortcode)).map(
    ({ amountCents, since, first }): Gap => ({ cents: amountCents, from: since.at, until: first.at }),
  );
  const anchor = { at: watch.anchorAt, cents: watch.anchorCents };
  const newest = (await readReadings(db, { shortcode, after: anchor.at, now, atOnce: true })).at(-1);
  if (newest)
    gaps.push({
      cents: nearestTo0(await readRest(db, config, shortcode, anchor, newest)),
      from: anchor.at,
      until: newest.at,
      seen: { since: anchor, newest },
    });
  gaps.push({ cents: watch.openingCents - watch.lateCents, from: new Date(0), until: watch.openedAt });
  return gaps;
}

/** The gap that an entry explains, if there is one: of its day first. A top-up needs one that covers it; what left on another day than was entered is known by its amount. */
export function findGap(gaps: Gap[], { kind, amountCents, occurredOn }: WaitingEntry): Gap | undefined {
  const isUp = kind === 'top_up';
  const fitting = gaps.filter(({ cents }) => (isUp ? cents >= amountCents : cents < 0n));
  const ofDay = ({ from, until }: Gap) => from < nairobiMoment(addDays(occurredOn, 1)) && until >= nairobiMoment(occurredOn);
  return fitting.find(ofDay) ?? fitting.find(({ cents }) => isUp || cents === -amountCents);
}

/**
 * The moment from which the watch counts an entry: the end of the time whose gap it explains. Without one a sweep counts at the end of its day, or when it was asked for,
 * and a charge not at all: the tariff expects it.
 */
export function momentOf({ kind, occurredOn }: WaitingEntry, gap: Gap | undefined, askedAt: Date): Date | null {
  if (gap) return gap.until;
  if (kind === 'charge') return null;
  const endOfDay = new Date(nairobiMoment(addDays(occurredOn, 1)).getTime() - 1);
  return endOfDay < askedAt ? endOfDay : askedAt;
}
