import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at, oneOf } from '../db/columns.ts';
import { CHANNELS } from '../outbox/message.ts';

/**
 * Phones and e-mail addresses that a provider has refused for good, with its reason: nothing more is sent there until a person clears the
 * row.
 */
export const unreachable = pgTable(
  'unreachable',
  {
    channel: text('channel', { enum: CHANNELS }).notNull(),
    addressHash: text('address_hash').notNull(),
    reason: text('reason').notNull(),
    refusedAt: at('refused_at').notNull(),
  },
  (t) => [primaryKey({ name: 'unreachable_pk', columns: [t.channel, t.addressHash] }), oneOf('unreachable_channel', t.channel, CHANNELS)],
);
