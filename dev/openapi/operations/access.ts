import * as z from 'zod';
import { actor, day, id, time } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

export const access: Part = {
  tag: 'People and keys',
  about: 'Who is staff or a member, where they are signed in, and the keys of servers.',
  operations: {
    listPeople: operation(() => import('../../../netlify/functions/list-people.ts'), {
      summary: 'List people',
      description: 'Members and staff, by `role`, `state` or `phoneNumber`.',
      answer: z
        .strictObject({
          people: z.array(
            z.strictObject({
              addedAt: time,
              phoneVerifiedAt: time.nullable(),
              disabledAt: time.nullable(),
              state: z.enum(['active', 'disabled']),
              personId: id,
              name: z.string(),
              phoneNumber: z.string(),
              email: z.string().nullable(),
              role: z.enum(['member', 'treasurer', 'admin']),
              language: z.enum(['en', 'sw']).nullable(),
            }),
          ),
          nextCursor: z.string().nullable(),
        })
        .meta({ id: 'PeoplePage' }),
    }),
    addPerson: operation(() => import('../../../netlify/functions/add-person.ts'), {
      summary: 'Invite somebody',
      description: 'They sign in with a code to their phone, and are told so.',
      answer: z
        .strictObject({ personId: id, role: z.enum(['member', 'treasurer', 'admin']), state: z.literal('active') })
        .meta({ id: 'PersonInvited' }),
      problems: ['person_known'],
    }),
    changeRole: operation(() => import('../../../netlify/functions/change-role.ts'), {
      summary: 'Change what somebody is',
      description: 'They are told. `changed` says whether it was otherwise before, `keys` which of their keys it concerns.',
      answer: z
        .strictObject({
          changed: z.boolean(),
          keys: z.array(z.strictObject({ keyId: id, name: z.string() })),
          personId: id,
          role: z.enum(['member', 'treasurer', 'admin']),
          state: z.enum(['active', 'disabled']),
        })
        .meta({ id: 'RoleChanged' }),
      problems: ['last_administrator', 'not_yourself', 'person_not_found'],
    }),
    disablePerson: operation(() => import('../../../netlify/functions/disable-person.ts'), {
      summary: 'Shut somebody out',
      description: 'Their sessions end, and they are told.',
      answer: z
        .strictObject({
          changed: z.boolean(),
          keys: z.array(z.strictObject({ keyId: id, name: z.string() })),
          personId: id,
          role: z.enum(['member', 'treasurer', 'admin']),
          state: z.enum(['active', 'disabled']),
        })
        .meta({ id: 'PersonDisabled' }),
      problems: ['last_administrator', 'not_yourself', 'person_not_found'],
    }),
    enablePerson: operation(() => import('../../../netlify/functions/enable-person.ts'), {
      summary: 'Let somebody in again',
      description: 'With the role that they had. They are told.',
      answer: z
        .strictObject({
          changed: z.boolean(),
          keys: z.array(z.strictObject({ keyId: id, name: z.string() })),
          personId: id,
          role: z.enum(['member', 'treasurer', 'admin']),
          state: z.enum(['active', 'disabled']),
        })
        .meta({ id: 'PersonEnabled' }),
      problems: ['last_administrator', 'not_yourself', 'person_not_found'],
    }),
    listSessions: operation(() => import('../../../netlify/functions/list-sessions.ts'), {
      summary: 'List where somebody is signed in',
      answer: z
        .strictObject({ sessions: z.array(z.strictObject({ sessionId: id, startedAt: time, endsAt: time, current: z.boolean() })) })
        .meta({ id: 'PersonSessions' }),
      problems: ['person_not_found'],
    }),
    endSessions: operation(() => import('../../../netlify/functions/end-sessions.ts'), {
      summary: "End somebody's sessions",
      description: 'All, or the one in `sessionId`.',
      answer: z.strictObject({ ended: z.number() }).meta({ id: 'SessionsEnded' }),
      problems: ['person_not_found', 'session_not_found'],
    }),
    listOwnSessions: operation(() => import('../../../netlify/functions/list-own-sessions.ts'), {
      summary: 'List where you are signed in',
      answer: z
        .strictObject({ sessions: z.array(z.strictObject({ sessionId: id, startedAt: time, endsAt: time, current: z.boolean() })) })
        .meta({ id: 'OwnSessions' }),
    }),
    endOwnSessions: operation(() => import('../../../netlify/functions/end-own-sessions.ts'), {
      summary: 'End sessions of your own',
      description: 'One, or with `others` all but this one.',
      answer: z.strictObject({ ended: z.number() }).meta({ id: 'OwnSessionsEnded' }),
      problems: ['session_not_found'],
    }),
    listKeys: operation(() => import('../../../netlify/functions/list-keys.ts'), {
      summary: 'List API keys',
      answer: z
        .strictObject({
          keys: z.array(
            z.strictObject({
              lastDay: day.nullable(),
              lastUsedOn: day.nullable(),
              revokedAt: time.nullable(),
              createdBy: actor.nullable(),
              answeredFor: z.boolean(),
              state: z.enum(['active', 'expired', 'revoked']),
              keyId: id,
              name: z.string(),
              scopes: z.array(z.string()),
              createdAt: time,
            }),
          ),
        })
        .meta({ id: 'KeyList' }),
    }),
    createKey: operation(() => import('../../../netlify/functions/create-key.ts'), {
      summary: 'Make an API key',
      description: '`key` is shown this once.',
      answer: z
        .strictObject({
          keyId: id,
          name: z.string(),
          scopes: z.array(
            z.enum([
              'payments:read',
              'items:write',
              'invoices:send',
              'payouts:request',
              'reversals:request',
              'deposits:match',
              'statements:upload',
              'bookings:write',
              'mpesa:register',
              'balance:read',
              'entries:ask',
              'members:read',
              'products:write',
              'loans:read',
              'repayments:reverse',
              'reports:read',
              'letters:read',
              'tasks:read',
            ]),
          ),
          lastDay: day.nullable(),
          key: z.string(),
        })
        .meta({ id: 'KeyCreated' }),
    }),
    revokeKey: operation(() => import('../../../netlify/functions/revoke-key.ts'), {
      summary: 'Revoke an API key',
      answer: z.strictObject({ keyId: id, state: z.literal('revoked') }).meta({ id: 'KeyRevoked' }),
      problems: ['key_not_found', 'key_revoked'],
    }),
    takeKey: operation(() => import('../../../netlify/functions/take-key.ts'), {
      summary: 'Take over an API key',
      description: 'Whose maker left: the caller answers for it from then on.',
      answer: z.strictObject({ keyId: id, createdBy: actor }).meta({ id: 'KeyTaken' }),
      problems: ['key_has_maker', 'key_not_found', 'key_revoked'],
    }),
    unlockPhone: operation(() => import('../../../netlify/functions/unlock-phone.ts'), {
      summary: 'Unlock a phone',
      description: 'It may be prompted and sent codes again at once.',
      answer: z.strictObject({ unlocked: z.boolean() }).meta({ id: 'PhoneUnlocked' }),
    }),
    listUnreachable: operation(() => import('../../../netlify/functions/list-unreachable.ts'), {
      summary: 'List who cannot be reached',
      description: 'Phones and mail addresses that a provider has refused for good.',
      answer: z
        .strictObject({
          unreachable: z.array(
            z.strictObject({
              refusedAt: time,
              person: z.strictObject({ personId: id, name: z.string().nullable() }).nullable(),
              channel: z.enum(['email', 'sms']),
              reason: z.string(),
            }),
          ),
          nextOffset: z.number().nullable(),
        })
        .meta({ id: 'UnreachablePage' }),
    }),
  },
};
