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

/** Phones and e-mail addresses of customers who want no messages about their payments. Members choose in their profile. */
export const optOuts = pgTable(
  'opt_outs',
  {
    channel: text('channel', { enum: CHANNELS }).notNull(),
    addressHash: text('address_hash').notNull(),
    optedOutAt: at('opted_out_at').notNull(),
  },
  (t) => [primaryKey({ name: 'opt_outs_pk', columns: [t.channel, t.addressHash] }), oneOf('opt_outs_channel', t.channel, CHANNELS)],
);
