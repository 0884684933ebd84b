import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { listInput, pageStatements, takePage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { pick } from '#ground/db/pick.ts';
import { inOneBatch, instant } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { notFound } from './endpoint.ts';
import { DELIVERY_STATES, webhookDeliveries } from './webhooks.schema.ts';

/** Filters: by how it stands, by type or by event. Newest first, in keyset pages, or one page as CSV. */
export const ListWebhookDeliveriesInput = listInput(
  {
    id: z.uuid(),
    state: z.enum(DELIVERY_STATES).optional(),
    type: z.string().trim().max(60).optional(),
    eventId: z.uuid().optional(),
    cursor: Cursor.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  },
  200,
);

const DELIVERY = pick(webhookDeliveries, 'd', [
  ...(['id', 'eventId', 'state', 'tries', 'dueAt', 'firstTriedAt', 'triedAt', 'deliveredAt'] as const),
  ...(['answerStatus', 'answer', 'error', 'tookMs', 'createdAt'] as const),
]);
const Row = DELIVERY.row.extend({ type: z.string(), subjectId: z.uuid().nullable(), happenedAt: instant });

const COLUMNS = [
  ...['eventId', 'type', 'subjectId', 'happenedAt', 'state', 'tries', 'triedAt', 'answerStatus', 'answer', 'error', 'tookMs'],
  ...['deliveredAt', 'nextTryAt'],
];

/** What an endpoint was told, or is to be told: each event with how its last try ended. Throws `webhook_not_found`, also for a removed one. One round trip. */
export async function listWebhookDeliveries({ db }: Pick<App, 'db'>, input: z.output<typeof ListWebhookDeliveriesInput>) {
  const { id, state, type, eventId, cursor, format } = input;
  const wanted = [
    sql`d.endpoint_id = ${id}::uuid`,
    ...(state ? [sql`d.state = ${state}`] : []),
    ...(type ? [sql`v.type = ${type}`] : []),
    ...(eventId ? [sql`d.event_id = ${eventId}::uuid`] : []),
  ];
  const all = sql`from webhook_deliveries d join webhook_events v on v.id = d.event_id where ${sql.join(wanted, sql` and `)}`;
  const after = cursor ? sql`(d.created_at, d.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;
  const list = sql`select ${DELIVERY.list}, v.type, v.subject_id, v.happened_at ${all} and ${after} order by d.created_at desc, d.id desc`;
  const [endpoint, ...found] = await inOneBatch(db, [
    sql`select id from webhook_endpoints where id = ${id}::uuid and removed_at is null`,
    ...pageStatements(input, list, all),
  ]);
  if (endpoint?.rows.length === 0) throw notFound();
  const { rows, hasMore, totals } = takePage(Row, input, found);
  const deliveries = rows.map(present);
  const last = rows.at(-1);
  const nextCursor = hasMore && last ? printCursor(last) : null;
  return format === 'csv' ? new Sheet('webhook-deliveries.csv', COLUMNS, deliveries, nextCursor) : { deliveries, nextCursor, ...totals };
}

const present = (row: z.output<typeof Row>) => ({
  ...{ eventId: row.eventId, type: row.type, subjectId: row.subjectId, happenedAt: row.happenedAt.toISOString() },
  ...{ state: row.state, tries: row.tries, triedAt: row.triedAt?.toISOString() ?? null },
  ...{ answerStatus: row.answerStatus, answer: row.answer, error: row.error, tookMs: row.tookMs },
  ...{ deliveredAt: row.deliveredAt?.toISOString() ?? null, nextTryAt: row.state === 'waiting' ? row.dueAt.toISOString() : null },
});
