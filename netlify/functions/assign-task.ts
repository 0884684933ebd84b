import type { Config } from '@netlify/functions';
import { AssignTaskInput, assignTask } from '#desk/tasks/assign-task.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer takes a task, gives it to another one, or gives it back. */
export default endpoint({ auth: 'tasks:manage', input: AssignTaskInput }, assignTask);

export const config: Config = { path: '/api/tasks/:id/assign', method: ['POST', 'OPTIONS'] };
