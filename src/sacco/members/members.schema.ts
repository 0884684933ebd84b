import { integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, encrypted, id, oneOf } from '#ground/db/columns.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { people } from '#people/people/people.schema.ts';

/**
 * A person who has joined, with the details that the law asks for (KYC), encrypted. `number` is their member number for good. Members who opted out of SMS or
 * e-mail get only sign-in codes that way.
 */
export const members = pgTable(
  'members',
  {
    id: id(),
    number: integer('number').generatedAlwaysAsIdentity().notNull().unique(),
    personId: uuid('person_id')
      .notNull()
      .unique()
      .references(() => people.id),
    nationalId: encrypted('national_id').notNull(),
    nationalIdHash: text('national_id_hash').notNull().unique(),
    bornOn: encrypted('born_on').notNull(),
    kraPin: encrypted('kra_pin'),
    address: encrypted('address'),
    /** JSON: name, phone, relationship. */
    nextOfKin: encrypted('next_of_kin'),
    language: text('language', { enum: LANGUAGES }).notNull(),
    smsOptOutAt: at('sms_opt_out_at'),
    emailOptOutAt: at('email_opt_out_at'),
    joinedAt: at('joined_at').notNull(),
  },
  (t) => [oneOf('members_language', t.language, LANGUAGES)],
);

const ACCOUNT_KINDS = ['savings'] as const;

/** An account of a member. Its money stands in the ledger under `savings:<id>`; its balance is a sum of transfers, never a column. */
export const memberAccounts = pgTable(
  'member_accounts',
  {
    id: id(),
    memberId: uuid('member_id')
      .notNull()
      .references(() => members.id),
    kind: text('kind', { enum: ACCOUNT_KINDS }).notNull(),
    /** What is typed at the paybill: `SV-4K7Q2M9X`. */
    reference: text('reference').notNull().unique(),
    openedAt: at('opened_at').notNull(),
  },
  (t) => [unique('member_accounts_kind').on(t.memberId, t.kind), oneOf('member_accounts_kind_known', t.kind, ACCOUNT_KINDS)],
);
