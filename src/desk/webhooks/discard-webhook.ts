import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { instantSql } from '#ground/db/rows.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { notFound } from './endpoint.ts';
import type { WebhookInput } from './read-webhook.ts';

/** Removes an endpoint for good: it is told of nothing more, and its tasks close. Its log stays as long as events are kept. Throws `webhook_not_found`. */
export async function discardWebhook({ db, clock }: Pick<App, 'db' | 'clock'>, { id }: z.output<typeof WebhookInput>, call: Call) {
  const now = clock.now();
  const { rows } = await db.execute(sql`
    with removed as (
      update webhook_endpoints set removed_at = ${instantSql(now)}, enabled = false, disabled_at = coalesce(disabled_at, ${instantSql(now)})
      where id = ${id}::uuid and removed_at is null returning id
    ), audited as (${recordSql({
      ...{ actor: call.caller.id, action: 'webhook_removed', subject: sql`id::text`, requestId: call.requestId },
      ...{ happenedAt: now, from: sql`removed` },
    })}), closed as (${closeTasksSql({
      ...{ kinds: ['webhook_disabled', 'webhook_not_taken'], subjects: sql`select id::text from removed` },
      ...{ closedAt: now, closedBy: call.caller.id, note: 'The endpoint was removed.' },
    })})
    select id from removed`);
  if (rows.length === 0) throw notFound();
  return { webhookId: id, state: 'removed' as const };
}
