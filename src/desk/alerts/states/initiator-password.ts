import { type SQL, sql } from 'drizzle-orm';
import type { Config } from '#ground/config/config.ts';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';

/** Safaricom lets an initiator's password live so long; a person is told some days before. */
const LIVES_DAYS = 90;
const BEFORE_DAYS = 10;

/** The initiator's password ends soon, or has ended, by the day on which it was set. */
export function initiatorPasswordSql({ initiator, alerts }: Config, now: Date): SQL {
  const setOn = alerts.initiatorPasswordSetOn;
  const endsOn = setOn && addDays(setOn, LIVES_DAYS);
  const isDue = initiator !== undefined && endsOn !== undefined && nairobiDay(now) >= addDays(endsOn, -BEFORE_DAYS);
  const words = `It was set on ${setOn}, and ends on ${endsOn}.`;
  return sql`select 'initiator_password_due', 'initiator', ${words}::text, true, null::timestamptz where ${isDue}::boolean`;
}
