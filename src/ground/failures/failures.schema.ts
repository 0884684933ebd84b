import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { at, id, oneOf } from '../db/columns.ts';

/** What failed: a request or a callback that ended as a 500, what was to follow an answer, a step of a job; or callbacks that were not believed. */
export const FAILURE_KINDS = ['request', 'callback', 'after_answer', 'job', 'forged'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** Failures alike, in one row: without personal data, and forgotten some time after the last. */
export const failures = pgTable(
  'failures',
  {
    id: id(),
    fingerprint: text('fingerprint').notNull().unique(),
    kind: text('kind', { enum: FAILURE_KINDS }).notNull(),
    /** The request by its path without ids, or the step. */
    what: text('what').notNull(),
    /** The error's name and its message, in which numbers and whatever was quoted are left out. */
    error: text('error').notNull(),
    message: text('message').notNull(),
    firstAt: at('first_at').notNull(),
    lastAt: at('last_at').notNull(),
    count: integer('count').notNull(),
    /** The ids of the last few requests, newest first. */
    requestIds: text('request_ids').array().notNull(),
  },
  (t) => [
    index('failures_last').on(t.lastAt, t.id),
    index('failures_of_kind').on(t.kind, t.lastAt, t.id),
    oneOf('failures_kind', t.kind, FAILURE_KINDS),
  ],
);
