import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '#ground/config/config.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { App } from '../../wiring/app.ts';
import { readMovements } from './read-movements.ts';
import { type Reading, readRest } from './read-rest.ts';

/** Older told money is no longer waited for: a statement of its month is two months old. */
const WAITED_FOR_DAYS = 62;

const Sure = z.object({ sureAt: instant, sureCents: bigintText, anchorAt: instant, anchorCents: bigintText });

/**
 * Compares from the sure balance again where a later one no longer agrees: told money was false and hid what really came, or two bookings of one movement were
 * merged. Later balances show how much it is, two of them as always.
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

/** Balances that agreed after this one are no longer sure: what explained its difference hid another one. As in the watch, its figure includes all differences that were found after it. */
export const makeUnsure = (tx: Tx, shortcode: string, { at, cents }: Reading) =>
  tx.execute(sql`
  update float_watches set sure_at = ${instantSql(at)}, sure_cents = ${cents} where shortcode = ${shortcode} and sure_at > ${instantSql(at)}`);

/** Told money of which it is not proved yet that it came, or when: a notice's own time may be false too. */
const isUnsureSql = (
  now: Date,
) => sql`(d.confirmed_at is null or d.tied_by in ('reference', 'payer', 'time') and d.receipt_proved_at is null)
  and d.settled_at > ${instantSql(now)} - make_interval(days => ${WAITED_FOR_DAYS}) and d.taken_back_at is null and d.merged_into is null`;

/**
 * Moves the sure balance up to the anchor where no unproved told money has an earlier time, also where that time lies before the sure balance: the
 * proof may move it.
 */
export async function keepSure({ config }: Pick<App, 'config'>, tx: Tx, shortcode: string, now: Date): Promise<void> {
  await beginSure(tx, config, shortcode, now);
  await tx.execute(sql`
    update float_watches w set sure_at = anchor_at, sure_cents = anchor_cents
    where shortcode = ${shortcode} and not exists (select from deposits d where d.shortcode = w.shortcode and d.moved_at <= w.anchor_at and ${isUnsureSql(now)})`);
}

const Unsure = z.object({ anchorAt: instant, anchorCents: bigintText, sinceAt: instant });

/**
 * The first sure balance: the first balance, or where an earlier release left none, one that agrees with the anchor as far as is known, from before the told money that may be
 * false and what was found of that time. It waits for a payout of that time whose end is not known.
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
