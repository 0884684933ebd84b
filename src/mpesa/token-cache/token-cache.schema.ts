import { pgTable, text } from 'drizzle-orm/pg-core';
import { at, encrypted } from '#ground/db/columns.ts';

/** A provider's access token, shared by all instances; `claimed_until` lets one of them fetch the next one. */
export const providerTokens = pgTable('provider_tokens', {
  id: text('id').primaryKey(),
  token: encrypted('token'),
  expiresAt: at('expires_at'),
  claimedUntil: at('claimed_until'),
});
