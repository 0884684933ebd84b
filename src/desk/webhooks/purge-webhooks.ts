import { sql } from 'drizzle-orm';
import { daysBefore, deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Deletes events that were shared more than RETAIN_WEBHOOKS_DAYS days ago, with their deliveries, also with those that wait for a disabled endpoint; not what still waits to be delivered. */
export function purgeWebhooks(app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const before = daysBefore(app.clock.now(), app.config.retain.webhooksDays);
  return deleteInChunks(
    app,
    deadline,
    { kind: 'webhooks', before },
    (most) => sql`
    delete from webhook_events where id = any(array(
      select v.id from webhook_events v where v.shared_at < ${instantSql(before)}
        and not exists (select from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id and e.enabled and e.removed_at is null where d.event_id = v.id and d.state = 'waiting')
      order by v.shared_at limit ${most}))`,
  );
}
