import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListPeopleInput, listPeople } from '#people/people/list-people.ts';

/** An administrator reads who is a member or staff. */
export default endpoint({ auth: 'people:manage', input: ListPeopleInput }, listPeople);

export const config: Config = { path: '/api/people', method: ['GET'] };
