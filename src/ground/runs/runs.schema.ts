import { date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** How far each nightly or daily run has come: `cursor` is the last key that was done, so that a run that was cut off goes on there. */
export const runs = pgTable(
  'runs',
  {
    job: text('job').notNull(),
    asOf: date('as_of', { mode: 'string' }).notNull(),
    cursor: text('cursor').notNull(),
    written: integer('written').notNull().default(0),
    /** How often it began from the beginning: a second time finds most of its work done. */
    rounds: integer('rounds').notNull().default(1),
    startedAt: at('started_at').notNull(),
    finishedAt: at('finished_at'),
  },
  (t) => [primaryKey({ name: 'runs_pk', columns: [t.job, t.asOf] })],
);
