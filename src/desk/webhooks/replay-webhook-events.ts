import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { OpenCall } from '#ground/call.ts';
import { setIdSql } from '#ground/db/columns.ts';
import { refuseDetached } from '#ground/db/detached.ts';
import { instant, instantSql, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { deliverSoon } from './deliver-soon.ts';
import { findEndpoint } from './endpoint.ts';

const MOST = 10_000;

/** One event, or those of a span of time that the endpoint asks for; `to` is now where it is not said, and not in the span. */
export const ReplayWebhookEventsInput = z.union([
  z.strictObject({ id: z.uuid(), eventId: z.uuid() }),
  z.strictObject({ id: z.uuid(), from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }).optional() }),
]);
type ReplayWebhookEventsInput = z.output<typeof ReplayWebhookEventsInput>;

const Replayed = z.object({ events: z.coerce.number(), latest: instant.nullable() });

/**
 * Sends events again, under the ids that they had, to one endpoint: one event, whether or not the endpoint asks for its type, or a span of time of what it does ask for.
 * At most ten thousand at once: the answer says from when to go on. Throws `copy_unclaimed`, `webhook_not_found`, `webhook_disabled`, `webhook_event_not_found`.
 */
export async function replayWebhookEvents(app: App, input: ReplayWebhookEventsInput, call: OpenCall) {
  await refuseDetached(app.db);
  const now = app.clock.now();
  const { enabled } = await findEndpoint(app.db, input.id);
  if (!enabled) throw new AppError('webhook_disabled', 'This endpoint is disabled: enable it first. It then gets what it has missed.');
  const [replayed] = await readRows(app.db, Replayed, replaySql(input, call, now));
  const { events, latest } = replayed ?? { events: 0, latest: null };
  if ('eventId' in input && events === 0)
    throw new AppError('webhook_event_not_found', 'There is no event with this id, or it is no longer kept (RETAIN_WEBHOOKS_DAYS).');
  deliverSoon(app, call);
  return { webhookId: input.id, events, continueFrom: events === MOST && latest ? latest.toISOString() : null };
}

function chosenSql(input: ReplayWebhookEventsInput, now: Date): SQL {
  if ('eventId' in input) return sql`select v.id, v.happened_at from webhook_events v where v.id = ${input.eventId}::uuid`;
  const to = input.to === undefined ? now : new Date(input.to);
  return sql`
    select v.id, v.happened_at from webhook_events v join webhook_endpoints e on e.id = ${input.id}::uuid
    where v.happened_at >= ${instantSql(new Date(input.from))} and v.happened_at < ${instantSql(to)} and e.events && array['*', split_part(v.type, '.', 1) || '.*', v.type] and v.type <> 'test'
    order by v.happened_at, v.id limit ${MOST}`;
}

const replaySql = (input: ReplayWebhookEventsInput, { caller, requestId }: OpenCall, now: Date): SQL => sql`
  with chosen as materialized (${chosenSql(input, now)}
  ), promised as (
    insert into webhook_deliveries as d (id, endpoint_id, event_id, state, due_at, created_at)
    select ${setIdSql()}, ${input.id}::uuid, c.id, 'waiting', ${instantSql(now)}, ${instantSql(now)} from chosen c
    on conflict (endpoint_id, event_id) do update set state = 'waiting', tries = 0, due_at = ${instantSql(now)}, first_tried_at = null
  ), audited as (${recordSql({
    ...{ actor: caller.id, action: 'webhook_replayed', subject: sql`${input.id}::text`, requestId, happenedAt: now },
    ...{
      after: sql`${JSON.stringify(input)}::jsonb - 'id' || jsonb_build_object('events', n)`,
      from: sql`(select count(*) as n from chosen) as counted where n > 0`,
    },
  })}), closed as (${closeTasksSql({
    ...{ kinds: ['webhook_not_taken'], subjects: [input.id], closedAt: now, closedBy: caller.id, note: 'Replayed.' },
    when: sql`not exists (select from webhook_deliveries g join webhook_events v on v.id = g.event_id where g.endpoint_id = ${input.id}::uuid and g.state = 'given_up'
      and v.type <> 'test' and v.id not in (select id from chosen))`,
  })})
  select count(*) as events, max(happened_at) as latest from chosen`;
