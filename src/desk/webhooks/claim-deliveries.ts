import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { IS_DETACHED } from '#ground/db/detached.ts';
import { instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { KeptEvent } from './compose-events.ts';

/** Longer than a run of the scheduled function lasts: after a crash the delivery is due again. */
const LEASE_MINUTES = 2;

const Claimed = KeptEvent.extend({ id: z.uuid(), tries: z.number(), firstTriedAt: instant.nullable() });
/** A delivery that nobody else tries meanwhile, with its event. */
export type Claimed = z.output<typeof Claimed>;

/** Claims what is due to an endpoint, the oldest first, as long as it is enabled and this is no copy that nobody has claimed. */
export function claimDeliveries({ db, clock }: Pick<App, 'db' | 'clock'>, endpointId: string, most: number): Promise<Claimed[]> {
  const now = instantSql(clock.now());
  return readRows(
    db,
    Claimed,
    sql`
    update webhook_deliveries d set due_at = ${now} + ${LEASE_MINUTES}::int * interval '1 minute' from webhook_events v
    where v.id = d.event_id and d.id = any(array(
      select w.id from webhook_deliveries w join webhook_endpoints e on e.id = w.endpoint_id and e.enabled and e.removed_at is null
      where not ${IS_DETACHED} and w.endpoint_id = ${endpointId}::uuid and w.state = 'waiting' and w.due_at <= ${now} order by w.due_at, w.id limit ${most} for update of w skip locked))
    returning d.id, d.event_id, d.tries, d.first_tried_at, v.type, v.subject_id, v.happened_at`,
  );
}
