import * as z from 'zod';
import { CHANNELS } from '#ground/outbox/message.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { SCOPES } from '#people/auth/rights.ts';
import { PERSON_ROLES } from '#people/people/people.schema.ts';
import { actor, count, day, id, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const role = z.enum(PERSON_ROLES);
const state = z.enum(['active', 'disabled']);

const person = {
  personId: id,
  name: z.string(),
  maskedPhone: z.string(),
  role,
  language: z.enum(LANGUAGES).nullable(),
  state,
  addedAt: time,
  phoneVerifiedAt: time.nullable(),
  disabledAt: time.nullable(),
  emailWaitsUntil: time.nullable(),
};

const ListedPerson = z.strictObject(person).meta({ id: 'ListedPerson' });

const Person = z.strictObject({ ...person, phoneNumber: z.string(), email: z.string().nullable() }).meta({ id: 'Person' });

const AccessChanged = z
  .strictObject({ personId: id, role, state, changed: z.boolean(), keys: z.array(z.strictObject({ keyId: id, name: z.string() })) })
  .meta({
    id: 'AccessChanged',
    description: '`changed` says whether it was otherwise before, `keys` which of their keys it concerns.',
  });

const Sessions = z
  .strictObject({ sessions: z.array(z.strictObject({ sessionId: id, startedAt: time, endsAt: time, current: z.boolean() })), ...totals })
  .meta({ id: 'Sessions', description: 'Where somebody is signed in; `current` is the session that asks.' });

const SessionsEnded = z.strictObject({ ended: count.describe('How many ended.') }).meta({ id: 'SessionsEnded' });

const Key = z
  .strictObject({
    keyId: id,
    name: z.string(),
    scopes: z.array(z.string()),
    state: z.enum(['active', 'expired', 'revoked']),
    createdAt: time,
    createdBy: actor.nullable(),
    answeredFor: z.boolean().describe('Whether its maker is still here.'),
    lastDay: day.nullable(),
    lastUsedOn: day.nullable(),
    revokedAt: time.nullable(),
  })
  .meta({ id: 'Key' });

const KeyCreated = z
  .strictObject({ keyId: id, name: z.string(), scopes: z.array(z.enum(SCOPES)), lastDay: day.nullable(), key: z.string() })
  .meta({ id: 'KeyCreated' });

const Unreachable = z
  .strictObject({
    channel: z.enum(CHANNELS),
    reason: z.string(),
    refusedAt: time,
    maskedAddress: z.string().nullable().describe('Where a phone of one of ours, or a payment, has it: only its hash is kept.'),
    person: z.strictObject({ personId: id, name: z.string().nullable() }).nullable(),
    lastPayment: z
      .strictObject({ paymentId: id, invoiceId: id.nullable() })
      .nullable()
      .describe('The latest that names this address, for who may read payments, with its invoice or receipt.'),
  })
  .meta({
    id: 'Unreachable',
    description:
      'An address that a provider has refused for good, and whose it is where it is the phone of one of ours, or who paid with it.',
  });

export const access: Part = {
  tag: 'People and keys',
  about: 'Who is staff or a member, where they are signed in, and the keys of servers.',
  operations: {
    listPeople: operation(() => import('../../../netlify/functions/list-people.ts'), {
      summary: 'List people',
      description: 'Members and staff, by `role`, `state` or `phoneNumber`.',
      answer: z.strictObject({ people: z.array(ListedPerson), nextCursor: z.string().nullable(), ...totals }).meta({ id: 'PeoplePage' }),
    }),
    readPerson: operation(() => import('../../../netlify/functions/read-person.ts'), {
      summary: 'Read a person',
      description: 'With their whole number and e-mail address. Who reads them is on the audit trail.',
      answer: Person,
      problems: ['person_not_found'],
    }),
    addPerson: operation(() => import('../../../netlify/functions/add-person.ts'), {
      summary: 'Invite somebody',
      description: 'They sign in with a code to their phone, and are told so.',
      answer: z.strictObject({ personId: id, role, state: z.literal('active') }).meta({ id: 'PersonInvited' }),
      problems: ['person_known'],
    }),
    changePerson: operation(() => import('../../../netlify/functions/change-person.ts'), {
      summary: 'Correct a name, an e-mail or a language',
      description:
        "Of anybody, yourself included; an `email` of null is removed. `changed` says what was otherwise before. They are told, of an e-mail also at the address before it, and then the other treasurers and administrators too. Somebody else's new e-mail takes no sign-in code for a day: `emailWaitsUntil` says until when. Sessions go on. A member's notices are in the language of their own profile.",
      answer: z
        .strictObject({ personId: id, changed: z.array(z.enum(['name', 'email', 'language'])), emailWaitsUntil: time.nullable() })
        .meta({ id: 'PersonChanged' }),
      problems: ['person_anonymised', 'person_not_found'],
    }),
    changeRole: operation(() => import('../../../netlify/functions/change-role.ts'), {
      summary: 'Change what somebody is',
      description: 'They are told. `changed` says whether it was otherwise before, `keys` which of their keys it concerns.',
      answer: AccessChanged,
      problems: ['not_yourself', 'person_not_found'],
    }),
    disablePerson: operation(() => import('../../../netlify/functions/disable-person.ts'), {
      summary: 'Shut somebody out',
      description: 'Their sessions end, and they are told.',
      answer: AccessChanged,
      problems: ['not_yourself', 'person_not_found'],
    }),
    enablePerson: operation(() => import('../../../netlify/functions/enable-person.ts'), {
      summary: 'Let somebody in again',
      description: 'With the role that they had. They are told.',
      answer: AccessChanged,
      problems: ['not_yourself', 'person_not_found'],
    }),
    listSessions: operation(() => import('../../../netlify/functions/list-sessions.ts'), {
      summary: 'List where somebody is signed in',
      answer: Sessions,
      problems: ['person_not_found'],
    }),
    endSessions: operation(() => import('../../../netlify/functions/end-sessions.ts'), {
      summary: "End somebody's sessions",
      description: 'All, or the one in `sessionId`.',
      answer: SessionsEnded,
      problems: ['person_not_found', 'session_not_found'],
    }),
    listOwnSessions: operation(() => import('../../../netlify/functions/list-own-sessions.ts'), {
      summary: 'List where you are signed in',
      answer: Sessions,
    }),
    endOwnSessions: operation(() => import('../../../netlify/functions/end-own-sessions.ts'), {
      summary: 'End sessions of your own',
      description: 'The one in `sessionId`, or with `{"others": true}` all but this one.',
      answer: SessionsEnded,
      problems: ['session_not_found'],
    }),
    listKeys: operation(() => import('../../../netlify/functions/list-keys.ts'), {
      summary: 'List API keys',
      description: 'Revoked ones too, the oldest first.',
      answer: z.strictObject({ keys: z.array(Key) }).meta({ id: 'KeyList' }),
    }),
    createKey: operation(() => import('../../../netlify/functions/create-key.ts'), {
      summary: 'Make an API key',
      description: '`key` is shown this once. It works until the end of `lastDay`, where one is sent.',
      answer: KeyCreated,
    }),
    revokeKey: operation(() => import('../../../netlify/functions/revoke-key.ts'), {
      summary: 'Revoke an API key',
      answer: z.strictObject({ keyId: id, state: z.literal('revoked') }).meta({ id: 'KeyRevoked' }),
      problems: ['key_not_found', 'key_revoked'],
    }),
    takeKey: operation(() => import('../../../netlify/functions/take-key.ts'), {
      summary: 'Take over an API key',
      description:
        'Whose maker left: the caller gets a new one with its name, scopes and last day, `key`, shown this once. The old one ends at once, and what it had requested can only be declined.',
      answer: z.strictObject({ keyId: id, replaces: id, createdBy: actor, key: z.string() }).meta({ id: 'KeyTaken' }),
      problems: ['key_has_maker', 'key_not_found', 'key_revoked'],
    }),
    unlockPhone: operation(() => import('../../../netlify/functions/unlock-phone.ts'), {
      summary: 'Unlock a phone',
      description: 'It may be prompted and sent codes again at once.',
      answer: z.strictObject({ unlocked: z.boolean() }).meta({ id: 'PhoneUnlocked' }),
    }),
    listUnreachable: operation(() => import('../../../netlify/functions/list-unreachable.ts'), {
      summary: 'List who cannot be reached',
      description:
        'Phones and mail addresses that a provider has refused for good, by `channel`. Send `nextOffset` as `offset` for the next page.',
      answer: z
        .strictObject({ unreachable: z.array(Unreachable), nextOffset: count.nullable(), ...totals })
        .meta({ id: 'UnreachablePage' }),
    }),
  },
};
