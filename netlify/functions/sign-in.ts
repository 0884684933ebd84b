import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { SignInInput, signIn } from '#people/people/sign-in.ts';

/** Somebody signs in with the code that came to their phone. */
export default endpoint({ auth: 'public', input: SignInInput }, signIn);

export const config: Config = {
  path: '/api/sign-in',
  method: ['POST', 'OPTIONS'],
  rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
};
