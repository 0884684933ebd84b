import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '../config.ts';
import { bigintText, instant, readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { readRest } from './read-rest.ts';

/** Told money that is older than this is not waited for any more: a statement of its month is two months old. */
const WAITED_FOR_DAYS = 62;

const Sure = z.object({ sureAt: instant, sureCents: bigintText, anchorAt: instant, anchorCents: bigintText });

/**
 * Compares from the sure balance again where what agreed since does so no more: told money was a lie that hid what really came, or two bookings of one movement were made
 * one. What comes later shows how much that is, at two balances as always.
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
    select sure_at as "sureAt", sure_cents as "sureCents", anchor_at as "anchorAt", anchor_cents as "anchorCents" from float_watches where shortcode = ${shortcode} and sure_at < anchor_at`,
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
 * Moves the sure balance up to the anchor where no money was told of a time before it that nothing has proved yet. The time may be a lie too, and the proof may move it: it is
 * waited for also where it lies before the sure balance.
 */
export async function keepSure(tx: Tx, shortcode: string, now: Date): Promise<void> {
  await tx.execute(sql`
    update float_watches w set sure_at = anchor_at, sure_cents = anchor_cents
    where shortcode = ${shortcode} and (sure_at is null or not exists (
      select from deposits d where d.shortcode = w.shortcode and d.moved_at <= w.anchor_at and d.settled_at > ${now.toISOString()}::timestamptz - make_interval(days => ${WAITED_FOR_DAYS})
        and (d.confirmed_at is null or d.tied_by in ('reference', 'payer', 'time') and d.receipt_proved_at is null) and d.taken_back_at is null and d.merged_into is null))`);
}
