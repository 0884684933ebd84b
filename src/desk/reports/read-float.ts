import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { Sheet } from '#ground/answers.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { addDays, type Day, daysBetween, nairobiDay } from '#ground/time/nairobi.ts';
import { payingShortcode } from '#mpesa/float/paying-shortcode.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { byDay, type DaysInput, daysAsked } from './report-days.ts';

/** How many whole days before today the forecast looks back. */
const BACK_DAYS = 28;

const DEFINITION = `What is proved and ours at M-PESA, per short code, less what is promised to others and on its way out of the one that pays. The forecast takes that the coming days are as the last ${BACK_DAYS} whole days on average (or as many as there are since the first booking): what came in less what went out.`;

const Row = z.object({
  account: z.string(),
  /** Null for what the account holds now. */
  day: z.string().nullable(),
  inCents: bigintText,
  outCents: bigintText,
  heldCents: bigintText,
  firstDay: z.string().nullable(),
});

const COLUMNS = ['on', 'shortcode', 'in', 'out', 'net'];
const FLOAT = `${ACCOUNTS.paybillFloat}:`;

/**
 * What moved on the float of each short code by day, what it holds now, and until when it lasts if the coming days are like the last four weeks. Throws `invalid_input`.
 */
export async function readFloat(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { format, ...asked }: z.output<typeof DaysInput>,
) {
  const today = nairobiDay(clock.now());
  const { from, to } = daysAsked(asked, clock.now());
  const back = addDays(today, -BACK_DAYS);
  const rows = await readRows(
    db,
    Row,
    sql`
    with floats as (
      select a.id from accounts a where a.parent = any(${sql.param([ACCOUNTS.paybillFloat, ACCOUNTS.paybillTold])}::text[])
      union all select ${ACCOUNTS.payoutReserve}
    ), began as (select min(day)::text as first_day from ledger_days)
    select f.id as account, null as day, 0 as in_cents, 0 as out_cents, coalesce(h.cents, 0) as held_cents, b.first_day
    from floats f cross join began b left join held_each_1(array(select id from floats)) h on h.account = f.id
    union all
    select side.account, l.day::text, coalesce(sum(side.cents) filter (where side.cents > 0), 0), coalesce(-sum(side.cents) filter (where side.cents < 0), 0), 0, null
    from ledger_days l cross join lateral (values (l.debit, l.amount_cents), (l.credit, -l.amount_cents)) as side(account, cents)
    where l.day between least(${from}::date, ${back}::date) and greatest(${to}::date, ${today}::date) and side.account like ${`${FLOAT}%`}
    group by 1, 2`,
  );
  const moved = rows.flatMap(({ day, account, ...row }) => (day === null ? [] : { ...row, day, shortcode: account.slice(FLOAT.length) }));
  const days = byDay(moved.filter(({ day }) => day >= from && day <= to)).flatMap(({ on, rows: ofDay }) =>
    ofDay.map(({ shortcode, inCents, outCents }) => ({
      ...{ on, shortcode, in: shillings(inCents), out: shillings(outCents), net: shillings(inCents - outCents) },
    })),
  );
  if (format === 'csv') return new Sheet(`float-${from}-${to}.csv`, COLUMNS, days);

  const held = rows.filter(({ day }) => day === null);
  const heldOn = (account: string) => held.find((row) => row.account === account)?.heldCents ?? 0n;
  const since = held[0]?.firstDay && held[0].firstDay > back ? held[0].firstDay : back;
  const floats = held.flatMap(({ account, heldCents }) => {
    if (!account.startsWith(FLOAT)) return [];
    const shortcode = account.slice(FLOAT.length);
    const promisedCents = shortcode === payingShortcode(config) ? -heldOn(ACCOUNTS.payoutReserve) : 0n;
    const lately = moved.filter((row) => row.shortcode === shortcode && row.day >= since && row.day < today);
    const netCents = lately.reduce((sum, { inCents, outCents }) => sum + inCents - outCents, 0n);
    return {
      ...{ shortcode, float: shillings(heldCents), promised: shillings(promisedCents), available: shillings(heldCents - promisedCents) },
      told: shillings(heldOn(`${ACCOUNTS.paybillTold}:${shortcode}`)),
      forecast: forecast(heldCents - promisedCents, netCents, { days: daysBetween(since, today), today }),
    };
  });
  return { from, to, definition: DEFINITION, now: floats, days };
}

/** What an average day brings, and how many more days the float lasts: null where it does not shrink, or nothing is known yet. */
function forecast(availableCents: bigint, netCents: bigint, { days, today }: { days: number; today: Day }) {
  if (days <= 0) return { ofDays: 0, netPerDay: null, lastsDays: null, lastsUntil: null };
  const perDay = { ofDays: days, netPerDay: Math.round(Number(netCents) / days) / 100 };
  if (netCents >= 0n) return { ...perDay, lastsDays: null, lastsUntil: null };
  const lastsDays = availableCents <= 0n ? 0 : Number((availableCents * BigInt(days)) / -netCents);
  return { ...perDay, lastsDays, lastsUntil: lastsDays > 3_660 ? null : addDays(today, lastsDays) };
}
