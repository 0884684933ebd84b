import { date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** The progress of each nightly or daily run: `cursor` is the last processed key, where a run that was cut off resumes. */
export const runs = pgTable(
  'runs',
  {
    job: text('job').notNull(),
    asOf: date('as_of', { mode: 'string' }).notNull(),
    cursor: text('cursor').notNull(),
    written: integer('written').notNull().default(0),
    /** How often it began from the start: a second time finds most of its work done. */
    rounds: integer('rounds').notNull().default(1),
    startedAt: at('started_at').notNull(),
    finishedAt: at('finished_at'),
  },
  (t) => [primaryKey({ name: 'runs_pk', columns: [t.job, t.asOf] })],
);
