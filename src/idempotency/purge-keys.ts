import { sql } from 'drizzle-orm';
import type { App } from '../app.ts';

/** Forgets Idempotency-Keys after 72 hours. */
export async function purgeKeys({ db, clock }: Pick<App, 'db' | 'clock'>): Promise<number> {
  const result = await db.execute(
    sql`delete from idempotency_keys where created_at < ${clock.now().toISOString()}::timestamptz - interval '72 hours'`,
  );
  return result.rowCount ?? 0;
}
