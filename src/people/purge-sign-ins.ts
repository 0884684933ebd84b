import { sql } from 'drizzle-orm';
import type { App } from '../app.ts';

/** Forgets codes and signed-out sessions that have ended by themselves. */
export async function purgeSignIns({ db, clock }: Pick<App, 'db' | 'clock'>): Promise<number> {
  const at = sql`${clock.now().toISOString()}::timestamptz`;
  const result = await db.execute(sql`
  with codes as (delete from sign_in_codes where expires_at < ${at}) delete from ended_sessions where ends_at < ${at}`);
  return result.rowCount ?? 0;
}
