import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { OpenCall } from '#ground/call.ts';
import { inOneBatch, instantSql } from '#ground/db/rows.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { deliverSoon } from './deliver-soon.ts';
import { type Endpoint, findEndpoint, hostOf } from './endpoint.ts';
import { showEndpoint } from './read-webhook.ts';
import { requirePublic, WebhookEvents, WebhookUrl } from './webhook-input.ts';
import { webhookEndpoints } from './webhooks.schema.ts';

/** What changes of an endpoint; what is not said stays. */
export const ChangeWebhookInput = z
  .strictObject({ id: z.uuid(), url: WebhookUrl.optional(), events: WebhookEvents.optional(), enabled: z.boolean().optional() })
  .refine(
    ({ url, events, enabled }) => url !== undefined || events !== undefined || enabled !== undefined,
    'Say what to change: url, events or enabled.',
  );
type ChangeWebhookInput = z.output<typeof ChangeWebhookInput>;

/**
 * Changes where events go, which, or whether any do. A disabled endpoint is told of nothing; enabled again it gets what it has missed, as far back as events are kept, and
 * its task closes. Answers how it stands, with how many events wait. Throws `webhook_not_found`, `webhook_address_refused`.
 */
export async function changeWebhook(app: App, input: ChangeWebhookInput, call: OpenCall) {
  const { id, url, enabled } = input;
  const now = app.clock.now();
  const before = await findEndpoint(app.db, id);
  if (url !== undefined) await requirePublic(app, url);
  const closedBy = call.caller.id;
  if (enabled) await startAgain(app.db, id, now);
  await inOneBatch(app.db, [
    ...(enabled ? [closeTasksSql({ ...ABOUT(id), closedAt: now, closedBy, note: 'Enabled again.' })] : []),
    changeSql(before, input, call, now),
  ]);
  if (enabled || url !== undefined) deliverSoon(app, call);
  return showEndpoint(app.db, id, call.caller);
}

const ABOUT = (id: string) => ({ kinds: ['webhook_disabled'] as const, subjects: [id] });

function changeSql(before: Endpoint, input: ChangeWebhookInput, { caller, requestId }: OpenCall, now: Date): SQL {
  const { id, url, events, enabled } = input;
  const earlier = { host: hostOf(before.url), events: before.events, enabled: before.enabled };
  const later = { ...(url !== undefined && { host: hostOf(url) }), ...(events && { events }), ...(enabled !== undefined && { enabled }) };
  return sql`
  with changed as (
    update webhook_endpoints e set ${sql.join(changes(input, now), sql`, `)} where e.id = ${id}::uuid and e.removed_at is null returning e.id
  ), audited as (${recordSql({
    ...{ actor: caller.id, action: 'webhook_changed', subject: sql`id::text`, requestId, happenedAt: now, from: sql`changed` },
    ...{ before: sql`${JSON.stringify(earlier)}::jsonb`, after: sql`${JSON.stringify(later)}::jsonb` },
  })})
  select`;
}

/** Whoever changes address or state says that it works: it is tried at once. */
const changes = ({ url, events, enabled }: ChangeWebhookInput, now: Date): SQL[] => [
  ...(url === undefined ? [] : [sql`url = ${sql.param(url, webhookEndpoints.url)}`]),
  ...(events ? [sql`events = ${sql.param(events)}::text[]`] : []),
  ...(enabled === undefined
    ? []
    : [sql`enabled = ${enabled}, disabled_at = ${enabled ? sql`null` : sql`coalesce(disabled_at, ${instantSql(now)})`}`]),
  ...(enabled || url !== undefined ? [sql`failing_since = null, failures = 0, paused_until = null`] : []),
];

const CHUNK = 2_000;

/** Forgets how often was tried what waits, some at a time: after a long time away there may be very many. Before it is enabled, so that nobody sends them meanwhile. */
async function startAgain(db: App['db'], id: string, now: Date): Promise<void> {
  for (;;) {
    const { rowCount } = await db.execute(sql`
      update webhook_deliveries set due_at = least(due_at, ${instantSql(now)}), tries = 0, first_tried_at = null where id = any(array(
        select id from webhook_deliveries where endpoint_id = ${id}::uuid and state = 'waiting' and (tries > 0 or first_tried_at is not null or due_at > ${instantSql(now)})
        order by due_at limit ${CHUNK} for update skip locked))`);
    if ((rowCount ?? 0) < CHUNK) return;
  }
}
