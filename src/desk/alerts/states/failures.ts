import { type SQL, sql } from 'drizzle-orm';
import type { Config } from '#ground/config/config.ts';

/** Callbacks that were not believed came in numbers (http/note-forged.ts). It is over when an hour passes without. */
export const callbacksForgedSql = (_config: Config, at: SQL): SQL => sql`
  select 'callbacks_forged', 'callbacks', format('%s callbacks were not believed since %s.', count, to_char(first_at at time zone 'Africa/Nairobi', 'YYYY-MM-DD HH24:MI')),
    true, last_at
  from failures where kind = 'forged' and last_at > ${at} - interval '1 hour'`;

/** Requests that ended as a 500, each kind by itself. It is over when a day passes without. */
export const requestsFailedSql = (_config: Config, at: SQL): SQL => sql`
  select 'request_failed', id::text, format('%s: %s', what, error), last_at > ${at} - interval '15 minutes', last_at
  from (select * from failures where kind in ('request', 'callback') and last_at > ${at} - interval '1 day' order by last_at desc limit 200) newest`;
