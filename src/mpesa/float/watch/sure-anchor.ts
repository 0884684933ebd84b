import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '#ground/config/config.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { App } from '../../wiring/app.ts';
import { readMovements } from './read-movements.ts';
import { type Reading, readRest } from './read-rest.ts';

/** How long told money may wait for proof: a statement of its month would have come by then. */
const WAITED_FOR_DAYS = 62;

const Sure = z.object({ sureAt: instant, sureCents: bigintText, anchorAt: instant, anchorCents: bigintText });

/**
 * Makes the sure balance the anchor again where the two no longer agree: told money was false and hid what really came, or two bookings of one movement were merged.
 * Later balances then show the amount, two of them as always.
 */
export async function goBackToSure(
  tx: Tx,
  config: Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>,
  shortcode: string,
): Promise<void> {
  const [watch] = await readRows(
    tx,
    Sure,
    sql`
    select sure_at, sure_cents, anchor_at, anchor_cents from float_watches where shortcode = ${shortcode} and sure_at < anchor_at`,
  );
  if (!watch) return;
  const [sure, anchor] = [
    { at: watch.sureAt, cents: watch.sureCents },
    { at: watch.anchorAt, cents: watch.anchorCents },
  ];
  const { from, until } = await readRest(tx, config, shortcode, sure, anchor);
  if (from <= 0n && until >= 0n) return;
  await tx.execute(sql`
    update float_watches set anchor_at = sure_at, anchor_cents = sure_cents, judged_until = greatest(seen_at, judged_until) where shortcode = ${shortcode}`);
}

/**
 * Moves the sure balance back to this one: balances that agreed later are no longer sure, since what explained its difference hid another one. As in the watch, its
 * figure includes all differences found after it.
 */
export const makeUnsure = (tx: Tx, shortcode: string, { at, cents }: Reading) =>
  tx.execute(sql`
  update float_watches set sure_at = ${instantSql(at)}, sure_cents = ${cents} where shortcode = ${shortcode} and sure_at > ${instantSql(at)}`);

/** Told money whose arrival, or the time of it, is not proved yet: a notice's own time may be false too. */
const isUnsureSql = (
  now: Date,
) => sql`(d.confirmed_at is null or d.tied_by in ('reference', 'payer', 'time') and d.receipt_proved_at is null)
  and d.settled_at > ${instantSql(now)} - make_interval(days => ${WAITED_FOR_DAYS}) and d.taken_back_at is null and d.merged_into is null`;

/**
 * Moves the sure balance up to the anchor, unless unproved told money has a time up to the anchor's. Money from before the sure balance counts too: its proof may
 * change its time.
 */
export async function keepSure({ config }: Pick<App, 'config'>, tx: Tx, shortcode: string, now: Date): Promise<void> {
  await beginSure(tx, config, shortcode, now);
  await tx.execute(sql`
    update float_watches w set sure_at = anchor_at, sure_cents = anchor_cents
    where shortcode = ${shortcode} and not exists (select from deposits d where d.shortcode = w.shortcode and d.moved_at <= w.anchor_at and ${isUnsureSql(now)})`);
}

const Unsure = z.object({ anchorAt: instant, anchorCents: bigintText, sinceAt: instant });

/**
 * Sets the sure balance where there is none. It is the anchor. For a watch of an earlier release, where told money before the anchor may be false, it is computed
 * back to the time before that money, and before the differences found since. Waits while the end of a payout of that time is not known.
 */
async function beginSure(tx: Tx, config: Parameters<typeof goBackToSure>[1], shortcode: string, now: Date): Promise<void> {
  const [watch] = await readRows(
    tx,
    Unsure,
    sql`
    select w.anchor_at, w.anchor_cents, least(w.anchor_at, case when told.at is not null then greatest(w.opened_at, told.at) end, (
      select min(f.since_at) from float_differences f where f.shortcode = w.shortcode and f.first_at > told.at)) as since_at
    from float_watches w cross join lateral (
      select min(d.moved_at) - interval '1 second' as at from deposits d where d.shortcode = w.shortcode and d.moved_at > w.opened_at and d.moved_at <= w.anchor_at and ${isUnsureSql(now)}) told
    where w.shortcode = ${shortcode} and w.sure_at is null`,
  );
  if (!watch) return;
  const moved = await readMovements(tx, config, { shortcode, since: watch.sinceAt, until: watch.anchorAt });
  if (moved.from !== moved.until) return;
  await tx.execute(sql`
    update float_watches set sure_at = ${instantSql(watch.sinceAt)}, sure_cents = ${watch.anchorCents - moved.from} where shortcode = ${shortcode} and sure_at is null`);
}
