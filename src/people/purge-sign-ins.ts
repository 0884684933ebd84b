import { sql } from 'drizzle-orm';
import type { App } from '../app.ts';

/** Forgets codes and signed-out sessions that have ended by themselves, and from where a phone signed in when that is long ago. */
export async function purgeSignIns({ db, clock }: Pick<App, 'db' | 'clock'>): Promise<number> {
  const at = sql`${clock.now().toISOString()}::timestamptz`;
  const result = await db.execute(sql`
  with codes as (
    delete from codes_sent where expires_at < ${at} and (signed_in_at is null or signed_in_at < ${at} - interval '90 days')
  ) delete from ended_sessions where ends_at < ${at}`);
  return result.rowCount ?? 0;
}
