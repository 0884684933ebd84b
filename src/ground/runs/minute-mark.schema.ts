import { sql } from 'drizzle-orm';
import { boolean, check, pgTable } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** When the scheduled function of each minute last came to its end: one row, written over. */
export const minuteMark = pgTable(
  'minute_mark',
  { isOnly: boolean('is_only').primaryKey().default(true), endedAt: at('ended_at').notNull() },
  (t) => [check('minute_mark_only', sql`${t.isOnly}`)],
);
