import { sql } from 'drizzle-orm';
import { deleteInChunks, instantSql } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Deletes events that were shared more than RETAIN_WEBHOOKS_DAYS days ago, with their deliveries, also with those that wait for a disabled endpoint. */
export const purgeWebhooks = (app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> =>
  deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from webhook_events where id = any(array(
      select id from webhook_events where shared_at < ${instantSql(app.clock.now())} - ${app.config.retain.webhooksDays}::int * interval '1 day'
      order by shared_at limit ${most}))`,
  );
