import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, encrypted, id, oneOf } from '#ground/db/columns.ts';

/** Servers of the organisation that are told of events. A removed one stays, for its log. */
export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    id: id(),
    /** Encrypted: a path or a query may hold a secret. */
    url: encrypted('url').notNull(),
    /** Types of events, and patterns (`payment.*`, `*`). */
    events: text('events').array().notNull(),
    secret: encrypted('secret').notNull(),
    /** The secret before the last rotation: it signs too until `earlier_until`. */
    earlierSecret: encrypted('earlier_secret'),
    earlierUntil: at('earlier_until'),
    enabled: boolean('enabled').notNull().default(true),
    disabledAt: at('disabled_at'),
    /** Since when every try has failed, how many have, and until when none is made; all empty once one succeeds. */
    failingSince: at('failing_since'),
    failures: integer('failures').notNull().default(0),
    pausedUntil: at('paused_until'),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull(),
    removedAt: at('removed_at'),
  },
  (t) => [check('webhook_endpoints_disabled', sql`${t.enabled} = (${t.disabledAt} is null)`)],
);

/** What endpoints are told of, each from one row of the audit trail and with its id. Written by a trigger, and only where there is an endpoint. */
export const webhookEvents = pgTable(
  'webhook_events',
  {
    id: uuid('id').primaryKey(),
    type: text('type').notNull(),
    /** What it is about; only a test is about nothing. */
    subjectId: uuid('subject_id'),
    happenedAt: at('happened_at').notNull(),
    /** When it was given to the endpoints that want it; empty until then. */
    sharedAt: at('shared_at'),
  },
  (t) => [
    index('webhook_events_waiting').on(t.id).where(sql`${t.sharedAt} is null`),
    index('webhook_events_happened').on(t.happenedAt, t.id),
    index('webhook_events_shared').on(t.sharedAt).where(sql`${t.sharedAt} is not null`),
  ],
);

/** The states of a delivery. `given_up`: a day of tries has failed, and others were taken meanwhile. */
export const DELIVERY_STATES = ['waiting', 'delivered', 'given_up'] as const;

/** One event for one endpoint, with how its last try ended. A replay is the same row once more. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: id(),
    endpointId: uuid('endpoint_id')
      .notNull()
      .references(() => webhookEndpoints.id),
    eventId: uuid('event_id')
      .notNull()
      .references(() => webhookEvents.id, { onDelete: 'cascade' }),
    state: text('state', { enum: DELIVERY_STATES }).notNull(),
    tries: integer('tries').notNull().default(0),
    dueAt: at('due_at').notNull(),
    /** The first and the last try since it was promised, or replayed. */
    firstTriedAt: at('first_tried_at'),
    triedAt: at('tried_at'),
    deliveredAt: at('delivered_at'),
    /** How the last try ended: the status of the answer and its first bytes, or why there is none. */
    answerStatus: integer('answer_status'),
    answer: encrypted('answer'),
    error: text('error'),
    tookMs: integer('took_ms'),
    createdAt: at('created_at').notNull(),
  },
  (t) => [
    unique('webhook_deliveries_once').on(t.endpointId, t.eventId),
    index('webhook_deliveries_due').on(t.endpointId, t.dueAt).where(sql`${t.state} = 'waiting'`),
    index('webhook_deliveries_given_up').on(t.endpointId, t.id).where(sql`${t.state} = 'given_up'`),
    index('webhook_deliveries_history').on(t.endpointId, t.createdAt, t.id),
    index('webhook_deliveries_event').on(t.eventId),
    oneOf('webhook_deliveries_state', t.state, DELIVERY_STATES),
  ],
);
