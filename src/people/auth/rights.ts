import type { Caller } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';

/** What a signed-in person can be. `public`: a customer who proved their phone number and nothing more. */
export const ROLES = ['public', 'member', 'treasurer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who may do what: each right with the roles that hold it, and `service` where an API key can hold it as a scope. The only such table. */
const RIGHTS = {
  'own:read': ['public', 'member', 'treasurer', 'admin'],
  'payments:read': ['treasurer', 'admin', 'service'],
  'items:write': ['admin', 'service'],
  'invoices:send': ['treasurer', 'admin', 'service'],
  'payouts:request': ['treasurer', 'admin', 'service'],
  'payouts:approve': ['treasurer', 'admin'], // the second approver of a payout must be a person: two keys may lie in one drawer
  'payouts:stop': ['treasurer', 'admin'], // who lets money leave again answers for it, as the approver does: a person; and a key that stops it all could close the shop
  'reversals:request': ['treasurer', 'admin', 'service'],
  'deposits:match': ['treasurer', 'admin', 'service'],
  'deposits:take-back': ['treasurer', 'admin'], // only a person may say that a customer's money never came
  'statements:upload': ['treasurer', 'admin', 'service'],
  'statements:sign': ['treasurer', 'admin'], // the second of the two for a statement must be a person, not a key
  'bookings:write': ['admin', 'service'],
  'mpesa:register': ['admin', 'service'],
  'balance:read': ['treasurer', 'admin', 'service'],
  'entries:ask': ['treasurer', 'admin', 'service'],
  'entries:decide': ['treasurer', 'admin'], // what is booked may be lent: the second of the two must be a person, not a key
  'membership:join': ['public', 'member', 'treasurer', 'admin'],
  'own:write': ['member', 'treasurer', 'admin'],
  'members:read': ['treasurer', 'admin', 'service'],
  'products:write': ['treasurer', 'admin', 'service'],
  'loans:read': ['treasurer', 'admin', 'service'],
  'loans:decide': ['treasurer', 'admin'], // a person must answer for a loan, as with the next two
  'loans:disburse': ['treasurer', 'admin'],
  'penalties:waive': ['treasurer', 'admin'],
  'repayments:reverse': ['treasurer', 'admin', 'service'],
  'reports:read': ['treasurer', 'admin', 'service'],
  'letters:read': ['treasurer', 'admin', 'service'],
  'letters:decide': ['treasurer', 'admin'], // who says that the cause is gone, or that nobody is told, has looked: a person
  'errors:read': ['treasurer', 'admin'],
  'tasks:read': ['treasurer', 'admin', 'service'],
  'tasks:manage': ['treasurer', 'admin'], // closing says "I have looked": a key looks at nothing, and would silence what only a person can judge
  'receipts:record': ['treasurer', 'admin'], // a person has seen the receipt, and answers for it, as does the second one
  'people:manage': ['admin'], // a key that makes administrators could not be revoked
  'audit:read': ['treasurer', 'admin'], // who did what is between people: a key answers for nothing, and one that leaks would tell who approves what, and when
  'messages:manage': ['admin'], // each SMS is paid for
  'webhooks:read': ['treasurer', 'admin', 'service'],
  'webhooks:manage': ['admin'], // who says where all that happens is sent, and has the secret that signs it, answers for that: a person
  'keys:manage': ['admin'], // a key that makes keys could not be revoked
} as const satisfies Record<string, readonly (Role | 'service')[]>;

export type Right = keyof typeof RIGHTS;

const ALL = Object.keys(RIGHTS) as Right[];
const heldBy = (holder: Role | 'service') => ALL.filter((right) => (RIGHTS[right] as readonly string[]).includes(holder));

/** What an API key may be allowed to do. */
export type Scope = { [R in Right]: 'service' extends (typeof RIGHTS)[R][number] ? R : never }[Right];
export const SCOPES = heldBy('service') as Scope[];

/** The scopes for which a key needs a maker on record: they start money out that one person may approve. */
export const STARTS_MONEY_OUT: readonly Scope[] = ['payouts:request', 'reversals:request', 'bookings:write'];

/** All rights of a role. */
export const rightsOf = (role: Role): readonly Right[] => heldBy(role);

/** Lets callers pass who hold one of the rights. Throws `unauthorized` for a visitor, `forbidden` for a person or key without them. */
export function requireRight(caller: Caller, rights: readonly Right[]): void {
  if (rights.some((right) => caller.scopes.includes(right))) return;
  if (caller.id === 'public')
    throw new AppError('unauthorized', 'Sign in, or send an API key: "Authorization: Bearer mlp_...". `npm run api-key` makes one.');
  if (caller.person?.role === 'public' && rights.some((right) => rightsOf('member').includes(right)))
    throw new AppError('forbidden', 'This is for members, and you are not one yet: POST /api/members makes you one.');
  const whose = caller.person ? `The role ${caller.person.role}` : 'This API key';
  throw new AppError('forbidden', `${whose} lacks the right ${rights.join(' or ')}.`);
}
