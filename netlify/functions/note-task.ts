import type { Config } from '@netlify/functions';
import { NoteTaskInput, noteTask } from '#desk/tasks/note-task.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer writes down what they found out about a task. */
export default endpoint({ auth: 'tasks:manage', input: NoteTaskInput, status: 201 }, noteTask);

export const config: Config = { path: '/api/tasks/:id/note', method: ['POST', 'OPTIONS'] };
