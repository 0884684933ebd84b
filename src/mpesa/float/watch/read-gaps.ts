import { sql } from 'drizzle-orm';
import type { Config } from '#ground/config/config.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { floatWatches } from '../float.schema.ts';
import { nearestTo0 } from './judge-rest.ts';
import { APART_MS, type Reading, readReadings, readRest } from './read-rest.ts';
import { readDifferences } from './write-differences.ts';

/**
 * A time, after `from` and up to `until`, in which Safaricom's balance changed by `cents` more than the books (below zero: less). `proves` is false for what one
 * balance alone shows, since a payment just before it may not be reported to us yet. `seen` is that balance, and whether its figure is beyond doubt.
 */
export type Gap = { cents: bigint; from: Date; until: Date; proves: boolean; seen?: { since: Reading; newest: Reading; isExact: boolean } };

const WATCH = pick(floatWatches, 'w', ['openedAt', 'seenAt', 'openingCents', 'anchorAt', 'anchorCents']);
const Watch = WATCH.row.extend({ learntCents: bigintText });

/**
 * The gaps between Safaricom's balances and the books: the open differences, then what the newest balance shows beyond them, then what the first balance held beyond
 * the books, which is proved once a second one follows. An entry fills them in this order.
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
    select ${WATCH.list}, learnt_since_2(w.shortcode, w.opened_at) as learnt_cents from float_watches w where w.shortcode = ${shortcode}`,
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
  gaps.push({ cents: watch.openingCents - watch.learntCents, from: new Date(0), until: watch.openedAt, proves: isConfirmed });
  return gaps;
}
