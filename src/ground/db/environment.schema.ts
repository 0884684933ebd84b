import { sql } from 'drizzle-orm';
import { boolean, check, pgTable, text } from 'drizzle-orm/pg-core';
import { at, oneOf } from './columns.ts';

const ENVIRONMENTS = ['sandbox', 'production'] as const;

/** The M-PESA environment this database belongs to: one row, written once (`database_environment_is_immutable`, `database_environment_is_not_emptied`). */
export const databaseEnvironment = pgTable(
  'database_environment',
  {
    isOnly: boolean('is_only').primaryKey().default(true),
    environment: text('environment', { enum: ENVIRONMENTS }).notNull(),
    claimedAt: at('claimed_at').notNull(),
  },
  (t) => [check('database_environment_only', sql`${t.isOnly}`), oneOf('database_environment_known', t.environment, ENVIRONMENTS)],
);
