import { expect, test } from 'vitest';
import downloadInvoice from '../../netlify/functions/download-invoice.ts';
import listTasks from '../../netlify/functions/list-tasks.ts';
import noteTask from '../../netlify/functions/note-task.ts';
import readHealth from '../../netlify/functions/read-health.ts';
import { checkAnswer } from '../world/check-answer.ts';

const ID = '01930000-0000-7000-8000-000000000001';
const HANDLERS = { 'download-invoice': downloadInvoice, 'list-tasks': listTasks, 'note-task': noteTask, 'read-health': readHealth };

type Case = {
  name: keyof typeof HANDLERS;
  method: string;
  status: number;
  type?: string;
  body?: unknown;
  headers?: Record<string, string>;
};

const check = ({ name, method, status, type = 'application/json', body, headers }: Case) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = new Response(text, { status, headers: { 'content-type': type, ...headers } });
  return checkAnswer({ name, handler: HANDLERS[name], method, response });
};

const noted: Case = { name: 'note-task', method: 'POST', status: 201, body: { taskId: ID, noteId: ID } };
const problem = (status: number, code: string | undefined, more: object = {}): Case => ({
  ...{ name: 'note-task', method: 'POST', status, type: 'application/problem+json' },
  body: { type: 'about:blank', title: 'x', status, code, detail: 'x', requestId: 'r', ...more },
});

test.each<[string, Case]>([
  ['what it promises', noted],
  ['an earlier answer', { ...noted, headers: { 'idempotent-replayed': 'true' } }],
  ['what an earlier request made, as it stands', { ...noted, status: 200, headers: { 'idempotent-replayed': 'true' } }],
  ['a problem of its own', problem(404, 'task_not_found')],
  ['one that every function may have', problem(413, 'body_too_large')],
  ['one of those that keep an answer', problem(422, 'key_reused')],
  ['a failure on our side', problem(500, undefined)],
  ['a preflight', { name: 'note-task', method: 'OPTIONS', status: 204, body: '' }],
  ['a spreadsheet', { name: 'list-tasks', method: 'GET', status: 200, type: 'text/csv; charset=utf-8', body: 'a,b' }],
  ['a document', { name: 'download-invoice', method: 'GET', status: 200, type: 'application/pdf', body: '%PDF' }],
  [
    'its own words with 503',
    {
      name: 'read-health',
      method: 'GET',
      status: 503,
      body: { status: 'database_unreachable', reasons: ['It does not answer.'] },
    },
  ],
])('%s passes', async (_, answer) => {
  if (answer.status === 204)
    return await expect(
      checkAnswer({ ...answer, handler: noteTask, response: new Response(null, { status: 204 }) }),
    ).resolves.toBeUndefined();
  await expect(check(answer)).resolves.toBeUndefined();
});

test.each<[string, Case, RegExp]>([
  ['an unknown field', { ...noted, body: { taskId: ID, noteId: ID, secret: 1 } }, /Unrecognized key: "secret"/],
  ['a missing field', { ...noted, body: { taskId: ID } }, /noteId/],
  ['a field of another kind', { ...noted, body: { taskId: ID, noteId: 7 } }, /expected string/],
  ['another status', { ...noted, status: 202 }, /a success is 201/],
  ['another type', { ...noted, type: 'text/html' }, /text\/html is not JSON/],
  ["another function's problem", problem(409, 'already_paid'), /already_paid is not among its problems/],
  ['a problem with the status of another', problem(404, 'task_not_found', { status: 409 }), /the body says 409/],
  ['a refusal without a code', problem(409, undefined), /a problem has a code/],
  ['a spreadsheet where there is none', { ...noted, status: 200, type: 'text/csv', body: 'a' }, /success is 201/],
  ['JSON in the place of a document', { name: 'download-invoice', method: 'GET', status: 200, body: {} }, /no PDF/],
  [
    'the answer to a key that it does not take',
    { name: 'list-tasks', method: 'GET', status: 200, body: { tasks: [], nextCursor: null }, headers: { 'idempotent-replayed': 'true' } },
    /say takesKey/,
  ],
])('%s is found', async (_, answer, words) => {
  await expect(check(answer)).rejects.toThrow(words);
});

test('a function without a row is found', async () => {
  const answered = { name: 'read-moon', handler: noteTask, method: 'GET', response: Response.json({}) };
  await expect(checkAnswer(answered)).rejects.toThrow(/no row there/);
});

test('checking costs a request less than a millisecond', async () => {
  const task = {
    taskId: ID,
    kind: 'job_failed',
    title: 'A job failed',
    subject: { type: 'job', id: 'resolve' },
    words: null,
    state: 'open',
  };
  const tasks = Array.from({ length: 50 }, () => ({
    ...task,
    openedAt: '2026-11-30T08:00:00.000Z',
    assignee: null,
    closedAt: null,
    closedBy: null,
  }));
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const begun = performance.now();
    await check({ name: 'list-tasks', method: 'GET', status: 200, body: { tasks, nextCursor: null } });
    times.push(performance.now() - begun);
  }
  expect(times.sort((a, b) => a - b)[100]).toBeLessThan(1);
});
