import { date, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { at, oneOf } from '#ground/db/columns.ts';
import { CHANNELS } from '#ground/outbox/message.ts';
import { members } from '../members/members.schema.ts';

/**
 * The one message of reminders and penalties that a member gets per day and channel. `lead` is the day whose digest is sent, `days` are all the days that it
 * covers: a digest that could not be sent on its own day is covered by a later one.
 */
export const digests = pgTable(
  'digests',
  {
    memberId: uuid('member_id')
      .notNull()
      .references(() => members.id),
    channel: text('channel', { enum: CHANNELS }).notNull(),
    toldOn: date('told_on', { mode: 'string' }).notNull(),
    lead: date('lead', { mode: 'string' }).notNull(),
    days: date('days', { mode: 'string' }).array().notNull(),
    saidAt: at('said_at'),
  },
  (t) => [primaryKey({ name: 'digests_pk', columns: [t.memberId, t.channel, t.toldOn] }), oneOf('digests_channel', t.channel, CHANNELS)],
);
