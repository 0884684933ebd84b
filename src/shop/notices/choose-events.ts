import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { inOneBatch, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { CUSTOMER_EVENTS } from '#ground/outbox/message.ts';
import type { App } from '#mpesa/wiring/app.ts';

const Channels = z.strictObject({ sms: z.boolean().optional(), email: z.boolean().optional() });

/** Which events customers are told of, by which channel; what is left out stays as it is. */
export const ChooseEventsInput = z.strictObject({ events: z.partialRecord(z.enum(CUSTOMER_EVENTS), Channels) });

/** Nothing is asked. */
export const ReadEventsInput = z.strictObject({});

const Row = z.object({ event: z.enum(CUSTOMER_EVENTS), sms: z.boolean(), email: z.boolean() });

/** Which events customers are told of. */
export const readEvents = ({ db }: Pick<App, 'db'>) => present(db);

/** Turns messages to customers on and off, by event and channel, from now on: what is promised already is sent. */
export async function chooseEvents(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { events }: z.output<typeof ChooseEventsInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  const changes: SQL[] = Object.entries(events).map(
    ([event, { sms = null, email = null }]) => sql`
    with before as materialized (select * from customer_events where event = ${event} for update), changed as (
      update customer_events e set sms = coalesce(${sms}::boolean, b.sms), email = coalesce(${email}::boolean, b.email) from before b
      where e.event = b.event and (e.sms, e.email) is distinct from (coalesce(${sms}::boolean, b.sms), coalesce(${email}::boolean, b.email))
      returning e.event, e.sms, e.email, b.sms as had_sms, b.email as had_email
    ) ${recordSql({
      ...{ actor: caller.id, action: 'customer_messages_chosen', subject: sql`event`, requestId, happenedAt: now, from: sql`changed` },
      before: sql`jsonb_build_object('sms', had_sms, 'email', had_email)`,
      after: sql`jsonb_build_object('sms', sms, 'email', email)`,
    })}`,
  );
  if (changes.length > 0) await inOneBatch(db, changes);
  return present(db);
}

async function present(db: Db) {
  const rows = await readRows(db, Row, sql`select event, sms, email from customer_events`);
  return {
    events: Object.fromEntries(
      CUSTOMER_EVENTS.flatMap((event) => rows.filter((row) => row.event === event).map(({ sms, email }) => [event, { sms, email }])),
    ),
  };
}
