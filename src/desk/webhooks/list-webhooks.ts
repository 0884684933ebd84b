import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { ENDPOINT, presentEndpoint } from './endpoint.ts';

export const ListWebhooksInput = z.strictObject({});

/** All servers that are told of events, the oldest first; removed ones are not shown. */
export async function listWebhooks({ db }: Pick<App, 'db'>, _input: z.output<typeof ListWebhooksInput>, { caller }: Pick<Call, 'caller'>) {
  const found = await readRows(
    db,
    ENDPOINT.row,
    sql`select ${ENDPOINT.list} from webhook_endpoints e where e.removed_at is null order by e.created_at, e.id`,
  );
  return { webhooks: found.map((endpoint) => presentEndpoint(endpoint, caller)) };
}
