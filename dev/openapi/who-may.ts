import { type Right, ROLES, rightsOf, SCOPES } from '#people/auth/rights.ts';

type Auth = 'public' | Right | readonly Right[];

/** The rights of which a caller needs one; none where anybody may ask. */
export const rightsFor = (auth: Auth): Right[] => (auth === 'public' ? [] : [auth].flat());

const NAMES = { public: 'whoever is signed in', member: 'member', treasurer: 'treasurer', admin: 'administrator' };

/** Who may ask, in words: the roles that hold one of the rights, and the scopes of keys. */
export function whoMay(auth: Auth): string {
  if (auth === 'public') return 'anybody';
  const rights = rightsFor(auth);
  const roles = ROLES.filter((role) => rights.some((right) => rightsOf(role).includes(right)));
  const scopes = SCOPES.filter((scope) => rights.includes(scope));
  const people = roles.includes('public') ? [NAMES.public] : roles.map((role) => NAMES[role]);
  return [...people, ...scopes.map((scope) => `key with \`${scope}\``)].join(', ');
}
