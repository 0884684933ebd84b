import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { UnlockPhoneInput, unlockAnyPhone } from '#people/people/unlock-phone.ts';

/** An administrator lets a phone be prompted and sent codes again. */
export default endpoint({ auth: 'people:manage', input: UnlockPhoneInput }, unlockAnyPhone);

export const config: Config = { path: '/api/phones/unlock', method: ['POST', 'OPTIONS'] };
