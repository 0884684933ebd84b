import { sql } from 'drizzle-orm';
import { boolean, check, pgTable } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** When the scheduled function of each minute last came to its end, and in which quarter of an hour it last did what is done once in each: one row, written over. */
export const minuteMark = pgTable(
  'minute_mark',
  { isOnly: boolean('is_only').primaryKey().default(true), endedAt: at('ended_at').notNull(), quarterAt: at('quarter_at') },
  (t) => [check('minute_mark_only', sql`${t.isOnly}`)],
);
