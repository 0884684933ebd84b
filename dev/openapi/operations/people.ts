import * as z from 'zod';
import { ROLES, rightsOf } from '#people/auth/rights.ts';
import { time } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const who = { role: z.enum(ROLES), maskedPhone: z.string(), rights: z.array(z.enum(rightsOf('admin'))), endsAt: time };

export const people: Part = {
  tag: 'Signing in',
  about: 'Customers, members and staff sign in with a code that comes to their phone.',
  operations: {
    requestSignInCode: operation(() => import('../../../netlify/functions/request-sign-in-code.ts'), {
      summary: 'Ask for a code',
      description: 'By SMS, or by e-mail where SMS are off. The answer is the same whether the number is known or not.',
      answer: z.strictObject({ message: z.string() }).meta({ id: 'CodeSent' }),
      problems: ['daily_cap', 'provider_unavailable', 'too_many_codes', 'too_many_requests'],
    }),
    signIn: operation(() => import('../../../netlify/functions/sign-in.ts'), {
      summary: 'Sign in with a code',
      description: 'Send `token` as `Authorization: Bearer`; a browser on our own pages has it as a cookie.',
      answer: z.strictObject({ token: z.string(), ...who }).meta({ id: 'Session' }),
      problems: ['code_refused', 'too_many_requests'],
    }),
    signOut: operation(() => import('../../../netlify/functions/sign-out.ts'), {
      summary: 'Sign out',
      answer: z.strictObject({ signedOut: z.boolean() }).meta({ id: 'SignedOut' }),
    }),
    readMe: operation(() => import('../../../netlify/functions/read-me.ts'), {
      summary: 'Read who is signed in',
      answer: z.strictObject({ ...who, name: z.string().nullable() }).meta({ id: 'Me' }),
    }),
  },
};
