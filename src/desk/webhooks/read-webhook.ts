import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { inOneBatch, rowOf, rowsOf } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { ENDPOINT, notFound, presentEndpoint } from './endpoint.ts';

/** Which endpoint. */
export const WebhookInput = z.strictObject({ id: z.uuid() });

/** No more are counted. */
const MOST_COUNTED = 10_000;

/** A server that is told of events: its filter, whether it takes them, and how many wait for it. Throws `webhook_not_found`. */
export const readWebhook = ({ db }: Pick<App, 'db'>, { id }: z.output<typeof WebhookInput>, { caller }: { caller: Caller }) =>
  showEndpoint(db, id, caller);

/** The same for whoever has changed it. One round trip. */
export async function showEndpoint(db: Db, id: string, caller: Caller) {
  const [endpoint, counted] = await inOneBatch(db, [
    sql`select ${ENDPOINT.list} from webhook_endpoints e where e.id = ${id}::uuid and e.removed_at is null`,
    sql`select count(*) as waiting from (select from webhook_deliveries where endpoint_id = ${id}::uuid and state = 'waiting' limit ${MOST_COUNTED}) as found`,
  ]);
  const [found] = rowsOf(ENDPOINT.row, endpoint?.rows);
  if (!found) throw notFound();
  const { waiting } = rowOf(z.object({ waiting: z.coerce.number() }), counted?.rows);
  return { ...presentEndpoint(found, caller), waiting };
}
