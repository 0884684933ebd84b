import { type SQL, sql } from 'drizzle-orm';
import type { Config } from '#ground/config/config.ts';

/** The newest payments by prompt of the last hour, without those that are still on a phone. */
const recent = (at: SQL, most: number): SQL => sql`
  select p.id, p.state, p.latest_attempt_id from payments p
  where p.created_at between ${at} - interval '1 hour' and ${at} - interval '3 minutes' and p.latest_attempt_id is not null
  order by p.created_at desc, p.id desc limit ${most}::int`;

const ENOUGH_ENDED = 30;
/** It is over when the rate is so much below the threshold. */
const CLEARLY_BELOW = 10;

/** More prompts fail than usual: of the last hour's newest 300, those that were paid against those that failed or expired. */
export const promptsFailingSql = ({ alerts }: Config, at: SQL): SQL => sql`
  select 'prompts_failing', 'prompts', format('%s of %s prompts of the last hour failed.', failed, ended),
    ended >= ${ENOUGH_ENDED}::int and failed * 100 >= ${alerts.failurePercent}::int * ended, null
  from (select count(*) filter (where state in ('failed', 'expired')) as failed, count(*) filter (where state in ('failed', 'expired', 'paid')) as ended
    from (${recent(at, 300)}) newest) counted
  where ended > 0 and failed * 100 >= ${Math.max(1, alerts.failurePercent - CLEARLY_BELOW)}::int * ended`;

const ENOUGH_ACCEPTED = 5;

/** Safaricom accepts prompts, and no callback comes: of the last hour's newest 20, none. It goes on until one is heard. */
export const callbacksMissingSql = (_config: Config, at: SQL): SQL => sql`
  select 'callbacks_missing', 'prompts', format('Safaricom accepted %s prompts, and called back about none of them.', accepted), accepted >= ${ENOUGH_ACCEPTED}::int, null
  from (select count(*) as accepted, count(*) filter (where exists (
      select from evidence e where e.subject_id = a.id and e.source = 'callback')) as heard
    from (${recent(at, 20)}) newest join attempts a on a.id = newest.latest_attempt_id where a.checkout_hash is not null) counted
  where heard = 0`;
