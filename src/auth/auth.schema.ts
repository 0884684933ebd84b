import { pgTable, text } from 'drizzle-orm/pg-core';
import { at, id } from '../db/columns.ts';

/** A server's or an operator's key to the API: stored hashed, limited to scopes, revocable. */
export const apiKeys = pgTable('api_keys', {
  id: id(),
  name: text('name').notNull(),
  secretHash: text('secret_hash').notNull(),
  scopes: text('scopes').array().notNull(),
  createdAt: at('created_at').notNull(),
  revokedAt: at('revoked_at'),
});
