import { date, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { at, id } from '#ground/db/columns.ts';

/** A server's or an operator's key to the API: stored hashed, limited to scopes, revocable. */
export const apiKeys = pgTable('api_keys', {
  id: id(),
  name: text('name').notNull(),
  secretHash: text('secret_hash').notNull(),
  scopes: text('scopes').array().notNull(),
  createdAt: at('created_at').notNull(),
  /** The person who made it, as `Caller.id`: requests with this key count as that person's. Null for a key made before this was recorded. */
  createdBy: text('created_by'),
  /** When its maker was disabled or is staff no longer. Until another takes it over it counts as made by nobody. */
  makerLeftAt: at('maker_left_at'),
  /** From when it opens nothing any more; null for a key without an end. */
  expiresAt: at('expires_at'),
  /** The last day in Nairobi on which it was used. */
  lastUsedOn: date('last_used_on', { mode: 'string' }),
  revokedAt: at('revoked_at'),
});

/** Sessions that were begun, until they expire: what a person is shown of their own. A session itself proves who holds it, listed here or not. */
export const sessions = pgTable(
  'sessions',
  { id: id(), phoneHash: text('phone_hash').notNull(), startedAt: at('started_at').notNull(), endsAt: at('ends_at').notNull() },
  (t) => [index('sessions_phone').on(t.phoneHash, t.startedAt), index('sessions_end').on(t.endsAt)],
);

/** Sessions that were signed out before they expired. Deleted once they would have expired anyway. */
export const endedSessions = pgTable('ended_sessions', { id: uuid('id').primaryKey(), endsAt: at('ends_at').notNull() });
