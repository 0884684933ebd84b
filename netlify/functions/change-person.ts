import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ChangePersonInput, changePerson } from '#people/people/change-person.ts';

/** An administrator corrects somebody's name, e-mail or language. */
export default endpoint({ auth: 'people:manage', input: ChangePersonInput }, changePerson);

export const config: Config = { path: '/api/people/:id', method: ['POST', 'OPTIONS'] };
