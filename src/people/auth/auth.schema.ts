import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
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
  revokedAt: at('revoked_at'),
});

/** Sessions that were signed out before they expired. Deleted once they would have expired anyway. */
export const endedSessions = pgTable('ended_sessions', { id: uuid('id').primaryKey(), endsAt: at('ends_at').notNull() });
