import { sql } from 'drizzle-orm';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import { addDays, addMonths, type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { ourNumbers, ownAccount } from '../float/our-numbers.ts';
import type { App } from '../wiring/app.ts';

/** Days in Nairobi, both included. */
type Days = { from: Day; to: Day };

/**
 * Opens a task for last month's statement of each of our short codes on which money had moved by then; without the pull, also for last week's. Each stays open until
 * signed statements cover its days, which its subject names: `600000:2026-11-01/2026-11-30`. Safe to repeat: a missed day is caught up on.
 */
export async function askForStatements({ db, clock, config }: App): Promise<void> {
  const now = clock.now();
  const today = nairobiDay(now);
  const periods = [lastMonth(today), ...(config.paybill.pull ? [] : [lastWeek(today)])];
  const shortcodes = new Set(ourNumbers(config).map((number) => ownAccount(config, number)?.shortcode));
  for (const shortcode of shortcodes)
    for (const { from, to } of periods)
      await db.execute(
        sql`with ${openTasksSql({
          ...{ kind: 'statement_due', subject: `${shortcode}:${from}/${to}`, openedAt: now },
          from: sql`(select where not is_answered_1(${shortcode}, ${from}::date, ${to}::date) and exists (
          select from transfers t where t.booked_at < (${to}::date + 1)::timestamp at time zone 'Africa/Nairobi'
            and t.debit_account in ('paybill_float:' || ${shortcode}::text, 'paybill_told:' || ${shortcode}::text))) due`,
        })} select`,
      );
}

function lastMonth(today: Day): Days {
  const first = `${today.slice(0, 8)}01`;
  return { from: addMonths(first, -1), to: addDays(first, -1) };
}

/** From Monday to Sunday. */
function lastWeek(today: Day): Days {
  const monday = addDays(today, -((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7));
  return { from: addDays(monday, -7), to: addDays(monday, -1) };
}
