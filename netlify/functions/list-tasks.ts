import type { Config } from '@netlify/functions';
import { ListTasksInput, listTasks } from '#desk/tasks/list-tasks.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads what waits for a person. */
export default endpoint({ auth: 'tasks:read', input: ListTasksInput, printSheet }, listTasks);

export const config: Config = { path: '/api/tasks', method: ['GET', 'OPTIONS'] };
