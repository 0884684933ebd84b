import type { Config } from '@netlify/functions';
import { ReadTaskInput, readTask } from '#desk/tasks/read-task.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer reads what happened, what it is about and what mends it. */
export default endpoint({ auth: 'tasks:read', input: ReadTaskInput }, readTask);

export const config: Config = { path: '/api/tasks/:id', method: ['GET', 'OPTIONS'] };
