import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { CodeInput, requestCode } from '#people/people/request-code.ts';

/** Somebody wants to sign in and asks for a code on their phone. */
export default endpoint({ auth: 'public', input: CodeInput, status: 202 }, requestCode);

export const config: Config = {
  path: '/api/sign-in/code',
  method: ['POST', 'OPTIONS'],
  rateLimit: { windowLimit: 30, windowSize: 60, aggregateBy: ['ip', 'domain'] },
};
