import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '#ground/config/config.ts';
import { newId } from '#ground/db/columns.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader, Tx } from '#ground/db/types.ts';
import { floatDifferences } from '../float.schema.ts';
import { judgeRest, magnitude } from './judge-rest.ts';
import type { Range } from './read-movements.ts';
import { type Reading, readRest } from './read-rest.ts';
import { makeUnsure } from './sure-anchor.ts';
import { sayDifference } from './tell-differences.ts';

/** A difference: what nothing explains, the last balance that agreed, and the two that did not. */
export type Difference = {
  id: string;
  amountCents: bigint;
  since: Reading;
  first: Reading;
  second: Reading;
  foundAt: Date;
  explained: boolean;
};

/** An explanation may prove wrong. Differences explained within these days, in which the pull and most answers come, are recomputed each time. */
const RECENT_DAYS = 8;
/** Differences explained earlier take turns, while a statement of their time is still likely to come, or a late one has just been signed off. */
const MAY_REOPEN_DAYS = 62;
const TURNS_AT_ONCE = 10;
const TURN_MINUTES = 30;

const DIFFERENCE = pick(floatDifferences, 'd', [
  ...(['id', 'amountCents', 'foundAt', 'explainedAt'] as const),
  ...(['sinceAt', 'sinceCents', 'firstAt', 'firstCents', 'secondAt', 'secondCents'] as const),
]);

/** The unexplained differences of a short code, oldest first, also where a person has closed the task: they may still be explained. */
export const readDifferences = (db: Reader, shortcode: string): Promise<Difference[]> =>
  readThose(
    db,
    sql`select ${DIFFERENCE.list} from float_differences d where d.shortcode = ${shortcode} and d.explained_at is null order by d.first_at, d.second_at, d.id`,
  );

/** The same with those explained lately, and with earlier ones whose turn it is. Records their turn. */
async function takeDifferences(db: Tx, shortcode: string, now: Date): Promise<Difference[]> {
  const at = instantSql(now);
  const recently = sql`${at} - make_interval(days => ${RECENT_DAYS})`;
  return readThose(
    db,
    sql`
    with signed as (
      select min(coalesce(s.covers_from, (select min(l.completed_at) from statement_lines l where l.statement_id = s.id))) as begins from statements s
      where s.shortcode = ${shortcode} and s.state in ('signed', 'done') and s.decided_at > ${recently}
    ), turn as (
      select d.id from float_differences d
      where d.shortcode = ${shortcode} and d.explained_at <= ${recently} and d.explained_at > least(${at} - make_interval(days => ${MAY_REOPEN_DAYS}), (select begins from signed))
        and (d.reworked_at is null or d.reworked_at <= ${at} - make_interval(mins => ${TURN_MINUTES}))
      order by d.reworked_at nulls first, d.id limit ${TURNS_AT_ONCE}
    ), noted as (
      update float_differences d set reworked_at = ${at} from turn where d.id = turn.id
    )
    select ${DIFFERENCE.list} from float_differences d
    where d.shortcode = ${shortcode} and (d.explained_at is null or d.explained_at > ${recently} or d.id in (select id from turn))
    order by d.first_at, d.second_at, d.id`,
  );
}

async function readThose(db: Reader, statement: SQL): Promise<Difference[]> {
  const rows = await readRows(db, DIFFERENCE.row, statement);
  return rows.map((row) => ({
    ...{
      id: row.id,
      amountCents: row.amountCents,
      foundAt: row.foundAt,
      explained: row.explainedAt !== null,
      since: { at: row.sinceAt, cents: row.sinceCents },
    },
    ...{ first: { at: row.firstAt, cents: row.firstCents }, second: { at: row.secondAt, cents: row.secondCents } },
  }));
}

/**
 * Recomputes open differences, and explained ones whose explanation may still prove wrong, with all that is known now. A difference whose task a person has closed
 * stays closed. Returns words about each that is open again, as when two people called it a top-up and a pull then found a customer's payment. If the new amount
 * leaves a rest at its two balances, this difference had hidden another: a balance that agreed with both together is no longer sure.
 */
export async function reworkDifferences(
  tx: Tx,
  config: Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>,
  shortcode: string,
  now: Date,
): Promise<string[]> {
  const reopened: string[] = [];
  const at = instantSql(now);
  await tx.execute(sql`
    update float_differences set accepted_at = ${at} where shortcode = ${shortcode} and explained_at is null and accepted_at is null
      and not exists (select from reviews where kind = 'balance_unexplained' and subject = ${shortcode} and closed_at is null)`);
  const differences = await takeDifferences(tx, shortcode, now);
  for (const [n, difference] of differences.entries()) {
    const { id, amountCents, since, first, second, foundAt, explained } = difference;
    const rests = await Promise.all([first, second].map((until) => readRest(tx, config, shortcode, since, until)));
    const shifted = await Promise.all(
      [first, second].map(async (until, at) => less(rests[at], await readPulledSince(tx, shortcode, since, until, foundAt))),
    );
    const likelier = magnitude(leftOf(shifted)) < magnitude(leftOf(rests)) ? shifted : rests;
    const left = leftOf(likelier);
    if (explained && left !== 0n) reopened.push(sayDifference({ shortcode, amountCents: left, sinceAt: since.at, firstAt: first.at }));
    if (left === 0n && !explained) await tx.execute(sql`update float_differences set explained_at = ${at} where id = ${id}::uuid`);
    if (left !== 0n && (explained || left !== amountCents))
      await tx.execute(sql`update float_differences set amount_cents = ${left}, explained_at = null where id = ${id}::uuid`);
    const by = left - (explained ? 0n : amountCents);
    await carryOn(tx, shortcode, { difference, by, later: differences });
    await shiftSure(tx, shortcode, first, by);
    const [atFirst, atSecond] = likelier.map((rest) => less(rest, left));
    if (by === 0n || (isNothing(atFirst) && isNothing(atSecond))) continue;
    const found = differences.slice(n + 1).reduce((sum, later) => sum + (later.explained ? 0n : later.amountCents), 0n);
    await makeUnsure(tx, shortcode, isNothing(atFirst) ? shiftedBy(first, found) : shiftedBy(since, left + found));
  }
  return reopened;
}

/**
 * A later difference that was measured from a balance before an earlier difference includes that one: the watch keeps its starting balance while the end of a payout
 * is not known, and returns to it where a balance no longer agrees. Shifts such balances by the change, so that only the rest is the later difference.
 */
async function carryOn(
  tx: Tx,
  shortcode: string,
  { difference, by, later }: { difference: Difference; by: bigint; later: Difference[] },
): Promise<void> {
  if (by === 0n) return;
  const [first, second] = [difference.first.at, difference.second.at];
  for (const other of later) if (other.since.at < first && other.second.at > second) other.since.cents += by;
  const at = instantSql(first);
  await tx.execute(sql`
    update float_differences set since_cents = since_cents + ${by} where shortcode = ${shortcode} and since_at < ${at} and second_at > ${instantSql(second)}`);
  await tx.execute(sql`update float_watches set anchor_cents = anchor_cents + ${by} where shortcode = ${shortcode} and anchor_at < ${at}`);
}

/** The sure balance includes the differences that were found after it. */
const shiftSure = (tx: Tx, shortcode: string, first: Reading, by: bigint) =>
  tx.execute(sql`
  update float_watches set sure_cents = sure_cents + ${by} where shortcode = ${shortcode} and sure_at < ${instantSql(first.at)}`);

function leftOf([first, second]: (Range | undefined)[]): bigint {
  const judged = second && judgeRest(first, second);
  return judged?.verdict === 'differs' ? judged.amountCents : 0n;
}

const less = (range: Range | undefined, cents: bigint): Range => ({
  from: (range?.from ?? 0n) - cents,
  until: (range?.until ?? 0n) - cents,
});
const isNothing = (range: Range | undefined): boolean => range?.from === 0n && range.until === 0n;
const shiftedBy = ({ at, cents }: Reading, by: bigint): Reading => ({ at, cents: cents + by });

/**
 * Money that a pull has found since a difference appeared, and that moved in the difference's time if its listed time is read as the other clock: Safaricom's list
 * may be three hours off, and money that was just found is likely to be what was missing.
 */
async function readPulledSince(tx: Reader, shortcode: string, since: Reading, until: Reading, foundAt: Date): Promise<bigint> {
  const moment = (at: Date) => instantSql(at);
  const [row] = await readRows(
    tx,
    z.object({ cents: bigintText }),
    sql`
    select coalesce(sum(amount_cents), 0) as cents from deposits
    where shortcode = ${shortcode} and source = 'pull' and settled_at > ${moment(foundAt)} and merged_into is null and taken_back_at is null
      and moved_at > ${moment(since.at)} - interval '3 hours' and moved_at <= least(${moment(since.at)}, ${moment(until.at)} - interval '3 hours')`,
  );
  return row?.cents ?? 0n;
}

export async function writeDifference(tx: Tx, found: Omit<Difference, 'id' | 'foundAt'> & { shortcode: string; now: Date }): Promise<void> {
  const { shortcode, amountCents, since, first, second, explained, now } = found;
  const of = ({ at, cents }: Reading) => sql`${instantSql(at)}, ${cents}`;
  await tx.execute(sql`
    insert into float_differences (id, shortcode, amount_cents, since_at, since_cents, first_at, first_cents, second_at, second_cents, found_at, explained_at)
    values (${newId()}::uuid, ${shortcode}, ${amountCents}, ${of(since)}, ${of(first)}, ${of(second)}, ${instantSql(now)}, ${explained ? now.toISOString() : null}::timestamptz)`);
  if (!explained) await shiftSure(tx, shortcode, first, amountCents);
}
