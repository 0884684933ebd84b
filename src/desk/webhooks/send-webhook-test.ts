import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { refuseDetached } from '#ground/db/detached.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { composeEvents } from './compose-events.ts';
import { findEndpoint } from './endpoint.ts';
import type { WebhookInput } from './read-webhook.ts';
import { sendEvent } from './send-event.ts';

/**
 * Sends an event of the type `test` once, now, also to a disabled endpoint, and answers how that ended. It stands in the log, and says nothing about the endpoint's state:
 * a test that fails is not repeated. Throws `copy_unclaimed`, `webhook_not_found`.
 */
export async function sendWebhookTest(app: App, { id }: z.output<typeof WebhookInput>, _call: Call) {
  await refuseDetached(app.db);
  const [endpoint, eventId, now] = [await findEndpoint(app.db, id), newId(), app.clock.now()];
  const bodies = await composeEvents(app, [{ eventId, type: 'test', subjectId: null, happenedAt: now }]);
  const answer = await sendEvent(app, endpoint, { eventId, body: bodies.get(eventId) ?? '' });
  const { taken, answerStatus, error, tookMs } = answer;
  const at = instantSql(now);
  await app.db.execute(sql`
    with event as (
      insert into webhook_events (id, type, happened_at, shared_at) values (${eventId}::uuid, 'test', ${at}, ${at}) returning id
    )
    insert into webhook_deliveries (id, endpoint_id, event_id, state, tries, due_at, first_tried_at, tried_at, delivered_at, answer_status, answer, error, took_ms, created_at)
    select ${newId()}::uuid, ${id}::uuid, id, ${taken ? 'delivered' : 'given_up'}, 1, ${at}, ${at}, ${at}, ${taken ? at : sql`null`},
      ${answerStatus}::int, ${answer.answer && encrypt(answer.answer, 'answer')}::text, ${error}::text, ${tookMs}::int, ${at} from event`);
  return { webhookId: id, eventId, ...answer };
}
