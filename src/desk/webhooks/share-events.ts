import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { setIdSql } from '#ground/db/columns.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { ENDPOINT, type Endpoint } from './endpoint.ts';

const BATCH = 2_000;

const Found = z.union([ENDPOINT.row.extend({ shared: bigintText }), z.object({ id: z.null(), shared: bigintText })]);

/** Whether the endpoint `e` wants the event `w`. */
const WANTS = sql`e.events && array['*', split_part(w.type, '.', 1) || '.*', w.type]`;

/**
 * Promises new events to the endpoints that want them, also to disabled ones, which get them when they are enabled again; yields the endpoints that are due. Each event
 * waits in a row of its own from the commit that caused it, however long its transaction was open: none is overtaken and lost, and of two who share at once each event
 * goes to one. One round trip where there is little to share.
 */
export async function shareEvents({ db, clock }: Pick<App, 'db' | 'clock'>, deadline: Date): Promise<Endpoint[]> {
  for (;;) {
    const now = clock.now();
    const rows = await readRows(db, Found, shareSql(now));
    if ((rows[0]?.shared ?? 0n) < BATCH || now >= deadline) return rows.flatMap((row) => (row.id === null ? [] : [row]));
  }
}

const shareSql = (now: Date): SQL => sql`
  with waiting as materialized (
    select id, type from webhook_events where shared_at is null order by id limit ${BATCH} for update skip locked
  ), promised as (
    insert into webhook_deliveries (id, endpoint_id, event_id, state, due_at, created_at)
    select ${setIdSql()}, e.id, w.id, 'waiting', ${instantSql(now)}, ${instantSql(now)} from waiting w join webhook_endpoints e on e.removed_at is null and ${WANTS}
    on conflict (endpoint_id, event_id) do nothing
    returning endpoint_id
  ), shared as (
    update webhook_events v set shared_at = ${instantSql(now)} from waiting w where v.id = w.id
  )
  select ${ENDPOINT.list}, (select count(*) from waiting) as shared from (select) as always left join webhook_endpoints e
    on e.removed_at is null and e.enabled and coalesce(e.paused_until, '-infinity') <= ${instantSql(now)} and (e.id in (select endpoint_id from promised)
      or exists (select from webhook_deliveries d where d.endpoint_id = e.id and d.state = 'waiting' and d.due_at <= ${instantSql(now)}))`;

/** When an endpoint is next due, as a value in a statement: at once while an event was not shared. */
export const webhooksDueSql = (_app: unknown, at: SQL): SQL => sql`(select least(
  (select ${at} where exists (select from webhook_events where shared_at is null)),
  (select min(greatest(d.due_at, e.paused_until)) from webhook_endpoints e
    cross join lateral (select min(w.due_at) as due_at from webhook_deliveries w where w.endpoint_id = e.id and w.state = 'waiting') d
    where e.removed_at is null and e.enabled)))`;
