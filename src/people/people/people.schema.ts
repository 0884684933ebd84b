import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { at, encrypted, id, oneOf } from '#ground/db/columns.ts';
import { CHANNELS } from '#ground/outbox/message.ts';
import { LANGUAGES } from '#ground/text/language.ts';

/** The roles of the people in this table; anybody else who proves a phone is a customer. */
export const PERSON_ROLES = ['member', 'treasurer', 'admin'] as const;

/** Members and staff, one row per phone number. A disabled one cannot sign in, and their sessions end at once. */
export const people = pgTable(
  'people',
  {
    id: id(),
    phone: encrypted('phone').notNull(),
    phoneHash: text('phone_hash').notNull().unique(),
    name: encrypted('name').notNull(),
    email: encrypted('email'),
    /** Until when no sign-in code goes to the e-mail, since somebody else has changed it; null for no wait. */
    emailWaitsUntil: at('email_waits_until'),
    role: text('role', { enum: PERSON_ROLES }).notNull(),
    /** In which they are told of what becomes of their access; English where it is not known. */
    language: text('language', { enum: LANGUAGES }),
    /** When somebody first signed in with a code sent to this phone. A phone without it gets no notices. */
    phoneVerifiedAt: at('phone_verified_at'),
    createdAt: at('created_at').notNull(),
    disabledAt: at('disabled_at'),
  },
  (t) => [
    index('people_listed').on(t.createdAt, t.id),
    oneOf('people_role', t.role, PERSON_ROLES),
    oneOf('people_language', t.language, LANGUAGES),
  ],
);

/**
 * The latest sign-in code for each phone and requesting network: its keyed hash, its channel, and how often it was tried from there. A row is kept for
 * `signed_in_at`: a network from which a phone has signed in counts as known.
 */
export const codesSent = pgTable(
  'codes_sent',
  {
    phoneHash: text('phone_hash').notNull(),
    networkHash: text('network_hash').notNull(),
    id: uuid('id').notNull(),
    codeHash: text('code_hash').notNull(),
    channel: text('channel', { enum: CHANNELS }).notNull(),
    tries: integer('tries').notNull().default(0),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
    signedInAt: at('signed_in_at'),
  },
  (t) => [primaryKey({ name: 'codes_sent_pk', columns: [t.phoneHash, t.networkHash] }), oneOf('codes_sent_channel', t.channel, CHANNELS)],
);

/** Codes as the release before kept them, one per phone. Nothing reads them any more; the table is dropped one release later. */
export const signInCodes = pgTable('sign_in_codes', {
  phoneHash: text('phone_hash').primaryKey(),
  id: uuid('id').notNull(),
  codeHash: text('code_hash').notNull(),
  tries: integer('tries').notNull().default(0),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
});
