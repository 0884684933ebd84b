import { boolean, pgTable, text } from 'drizzle-orm/pg-core';
import { oneOf } from '#ground/db/columns.ts';
import { CUSTOMER_EVENTS } from '#ground/outbox/message.ts';

/** Which events customers are told of, by which channel: what is off is not even promised. The migration writes a row for each. */
export const customerEvents = pgTable(
  'customer_events',
  {
    event: text('event', { enum: CUSTOMER_EVENTS }).primaryKey(),
    sms: boolean('sms').notNull(),
    email: boolean('email').notNull(),
  },
  (t) => [oneOf('customer_events_event', t.event, CUSTOMER_EVENTS)],
);
