import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReadPersonInput, readPerson } from '#people/people/read-person.ts';

/** An administrator reads a person's number and address. */
export default endpoint({ auth: 'people:manage', input: ReadPersonInput }, readPerson);

export const config: Config = { path: '/api/people/:id', method: ['GET'] };
