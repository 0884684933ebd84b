import { sql } from 'drizzle-orm';
import { boolean, check, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { at, id, oneOf } from './columns.ts';

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

/**
 * Each time this database became a copy of what it or another one had been at `asOf`: restored from a backup, or set back. Until a person claims the copy it asks
 * Safaricom nothing, sends nothing, and nothing in it runs by itself.
 */
export const detachments = pgTable('detachments', {
  id: id(),
  asOf: at('as_of').notNull(),
  detachedAt: at('detached_at').notNull(),
  /** When its payouts were stopped and held: it cannot be claimed before. */
  heldAt: at('held_at'),
  claimedAt: at('claimed_at'),
  claimedBy: text('claimed_by'),
});

/** The look-up keys that were laid over the first one, with what the key of a site must show to be let in. No row: there is only the first. */
export const lookupKeys = pgTable('lookup_keys', {
  layer: integer('layer').primaryKey(),
  fingerprint: text('fingerprint').notNull(),
  laidAt: at('laid_at').notNull(),
});
