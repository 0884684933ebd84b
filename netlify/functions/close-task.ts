import type { Config } from '@netlify/functions';
import { CloseTaskInput, closeTask } from '#desk/tasks/close-task.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer closes a task that is done, and says what they did. */
export default endpoint({ auth: 'tasks:manage', input: CloseTaskInput }, closeTask);

export const config: Config = { path: '/api/tasks/:id/close', method: ['POST', 'OPTIONS'] };
