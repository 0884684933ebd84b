import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { findEndpoint, hostOf, presentEndpoint } from './endpoint.ts';
import { newSecret } from './sign-event.ts';
import { requirePublic, WebhookEvents, WebhookUrl } from './webhook-input.ts';
import { webhookEndpoints } from './webhooks.schema.ts';

/** Each is called in a run that lasts seconds: there are not to be many. */
const MOST = 20;

/** Where events go, and which; all where nothing is said. */
export const CreateWebhookInput = z.strictObject({ url: WebhookUrl, events: WebhookEvents.default(['*']) });

/**
 * Adds a server that is told of events from now on. The secret that signs them is answered here and never again. Throws `webhook_address_refused`, and
 * `too_many_webhooks` beyond twenty.
 */
export async function createWebhook(app: Pick<App, 'db' | 'clock' | 'config'>, input: z.output<typeof CreateWebhookInput>, call: Call) {
  const { url, events } = input;
  await requirePublic(app, url);
  const [id, secret, now] = [newId(), newSecret(), app.clock.now()];
  return app.db.transaction(async (tx) => {
    await tx.execute(sql`lock table webhook_endpoints in share row exclusive mode`); // of many at once, twenty are made
    const [{ there } = { there: 0 }] = await readRows(
      tx,
      z.object({ there: z.coerce.number() }),
      sql`select count(*) as there from webhook_endpoints where removed_at is null`,
    );
    if (there >= MOST) throw new AppError('too_many_webhooks', `There are ${MOST} webhook endpoints: remove one that is not needed.`);
    await tx.insert(webhookEndpoints).values({ id, url, events, secret, createdBy: call.caller.id, createdAt: now });
    const after = { host: hostOf(url), events };
    const { caller, requestId } = call;
    await record(tx, { actor: caller.id, action: 'webhook_created', subject: id, after, requestId, happenedAt: now });
    return { ...presentEndpoint(await findEndpoint(tx, id), caller), secret };
  });
}
