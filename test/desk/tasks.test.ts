import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { TASK_KINDS, type TaskKind } from '#ground/tasks/task-kinds.ts';
import { disablePerson } from '#people/people/manage-people.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let [wanjiru, otieno]: Signed[] = [];
let ids: Record<'wanjiru' | 'otieno' | 'member' | 'disabled', string>;
let key: { authorization: string };

beforeAll(async () => {
  world = await startWorld();
  wanjiru = await signInAs(world, 'treasurer');
  otieno = await signInAs(world, 'admin');
  const member = await signInAs(world, 'member');
  const disabled = await signInAs(world, 'treasurer');
  await disablePerson(world.app.db, disabled.phone, { actor: 'test', now: world.clock.now() });
  ids = {
    ...{ wanjiru: await idOf(wanjiru), otieno: await idOf(otieno) },
    ...{ member: await idOf(member), disabled: await idOf(disabled) },
  };
  key = await operator(world, 'tasks:read');
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.database.sql('delete from task_notes');
  await world.database.sql('delete from reviews');
});

async function idOf({ phone }: Signed): Promise<string> {
  const [row] = await world.database.sql<{ id: string }>('select id from people where phone_hash = $1', [lookupHash(phone)]);
  return row?.id ?? '';
}

const NOBODY = '01930000-0000-7000-8000-000000000009';

type Task = Record<string, unknown> & { taskId: string; kind: string; subject: { type: string; id: string } };
type Listed = { tasks: Task[]; nextCursor: string | null; total?: number };
type Answer = { status: number; body: Record<string, unknown> };

const as = (headers: { authorization: string } | Signed | undefined) =>
  headers === undefined ? wanjiru?.headers : 'headers' in headers ? headers.headers : headers;
const ask = async (method: string, path: string, body?: object, by?: { authorization: string } | Signed): Promise<Answer> => {
  const response = await world.send(method, path, { headers: as(by) ?? {}, ...(body && { body }) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const list = async (query = '', by?: { authorization: string } | Signed) =>
  (await ask('GET', `/api/tasks?${query}`, undefined, by)).body as unknown as Listed;
const read = async (taskId: string, by?: { authorization: string } | Signed) =>
  (await ask('GET', `/api/tasks/${taskId}`, undefined, by)).body;
const assign = (taskId: string, assignee: unknown, by?: Signed) => ask('POST', `/api/tasks/${taskId}/assign`, { assignee }, by);
const close = (taskId: string, note: unknown, by?: Signed | { authorization: string }) =>
  ask('POST', `/api/tasks/${taskId}/close`, { note }, by);

/** Opens a task as the code does, and yields its id. */
async function open(kind: TaskKind, subject: string, words?: string): Promise<string> {
  await openTask(world.app.db, { kind, subject, openedAt: world.clock.now(), ...(words !== undefined && { words }) });
  const [row] = await world.database.sql<{ id: string }>('select id from reviews where kind = $1 and subject = $2 and closed_at is null', [
    kind,
    subject,
  ]);
  return row?.id ?? '';
}
const trail = (subject: string) =>
  world.database.sql(
    'select actor, action, before, after, request_id is not null as "inRequest" from audit where subject = $1 order by happened_at, id',
    [subject],
  );

describe('the list', () => {
  test('has the open tasks in words, newest first or oldest, and who has each', async () => {
    const first = await open('job_failed', 'resolve');
    await world.clock.advance(1_000);
    const second = await open('low_float', '600000');
    await assign(second, 'me', otieno);
    const { tasks } = await list();
    expect(tasks.map(({ taskId }) => taskId)).toEqual([second, first]);
    expect(tasks[0]).toEqual({
      ...{ taskId: second, kind: 'low_float', title: 'Too little money to pay out from', subject: { type: 'shortcode', id: '600000' } },
      ...{ words: null, state: 'open', openedAt: world.clock.now().toISOString() },
      ...{ assignee: { personId: ids.otieno, name: 'A admin' }, closedAt: null, closedBy: null },
    });
    expect((await list('order=oldest')).tasks.map(({ taskId }) => taskId)).toEqual([first, second]);
  });

  test.each([
    ['kind=low_float', ['low_float']],
    ['subject=resolve', ['job_failed']],
    ['subject=resolv', []],
    ['assignee=none', ['job_failed', 'balance_unexplained']],
    ['assignee=me', ['low_float']],
    ['search=TOO%20LITTLE', ['low_float']], // the title
    ['search=_failed', ['job_failed']], // the kind
    ['search=6000', ['low_float']], // the subject
    ['search=KES%201,250', ['balance_unexplained']], // its words
    ['search=%25', []],
    ['search=%5C', []],
    ['open=false', ['dead_letter']],
    ['open=all', ['job_failed', 'low_float', 'balance_unexplained', 'dead_letter']],
    ['open=all&search=message', ['dead_letter']],
  ])('by %s: %j', async (query, kinds) => {
    await open('job_failed', 'resolve');
    await assign(await open('low_float', '600000'), 'me');
    await open('balance_unexplained', '174379', 'Safaricom has KES 1,250 more');
    await close(await open('dead_letter', NOBODY), 'Sent by hand');
    expect((await list(query)).tasks.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
    expect((await list(`${query}&count=true&limit=1`)).total).toBe(kinds.length);
  });

  test.each(['newest', 'oldest'])('comes in pages, %s first, without loss or repeat, also of one moment', async (order) => {
    for (const kind of TASK_KINDS.slice(0, 7)) {
      await open(kind, 'x');
      if (kind.endsWith('used')) await world.clock.advance(1_000);
    }
    const whole = (await list(`order=${order}`)).tasks.map(({ taskId }) => taskId);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Listed = await list(`order=${order}&limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.tasks.map(({ taskId }) => taskId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(whole);
    expect(seen).toHaveLength(7);
  });

  test('is a table for a spreadsheet, with the cursor of its next page, and no cell is run there', async () => {
    await assign(await open('payouts_stopped', '=cmd()'), ids.otieno);
    await world.clock.advance(1_000);
    await open('job_failed', 'resolve');
    const response = await world.send('GET', '/api/tasks?format=csv&order=oldest&limit=1', { headers: wanjiru?.headers ?? {} });
    const [header, line] = (await response.text()).split('\n');
    expect(header).toBe('taskId,openedAt,kind,title,subjectType,subject,words,assigneeId,assigneeName,closedAt,closedBy,closedByName');
    expect(line).toContain(`payouts_stopped,Payouts are stopped,reason,'=cmd(),,${ids.otieno},A admin,,,`);
    expect(response.headers.get('x-next-cursor')).toMatch(/./);
  });

  test.each(['kind=moon', 'assignee=somebody', 'open=maybe', 'order=random', 'limit=0', 'limit=501', 'cursor=x', 'search=', 'unknown=1'])(
    'refuses what it cannot read: %s',
    async (query) => {
      expect(await ask('GET', `/api/tasks?${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    },
  );

  test('a key sees neither names of staff nor notes, and of what a task is about no more than it may read', async () => {
    const bookingId = NOBODY;
    const taskId = await open('booking_undecided', bookingId, 'Call 0712345678');
    await ask('POST', `/api/tasks/${taskId}/assign`, { assignee: 'me' });
    await ask('POST', `/api/tasks/${taskId}/note`, { note: 'Juma Otieno came to the counter' });
    const told = async (by: typeof key) => JSON.stringify([await ask('GET', `/api/tasks/${taskId}`, undefined, by), await list('', by)]);
    for (const secret of ['Juma', '0712345678', 'A treasurer']) expect(await told(key)).not.toContain(secret);
    expect(await told(key)).not.toContain(bookingId);
    expect(await told(await operator(world, 'tasks:read', 'payments:read'))).toContain(bookingId);
    expect(await told(await operator(world, 'tasks:read', 'members:read'))).toContain('A treasurer');
  });

  test('a key reads it, but nothing is its own', async () => {
    const taskId = await open('job_failed', 'resolve');
    expect((await list('', key)).tasks).toHaveLength(1);
    const { body } = await ask('GET', `/api/tasks/${taskId}`, undefined, key);
    expect((body as { actions: unknown[] }).actions).toContainEqual(
      expect.objectContaining({ path: `/api/tasks/${taskId}/close`, allowed: false }),
    );
    expect(await ask('GET', '/api/tasks?assignee=me', undefined, key)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  });
});

test.each(TASK_KINDS)('%s is read with what happened, what to do and how it is closed, in two round trips', async (kind) => {
  const taskId = await open(kind, NOBODY, 'Look here');
  await world.database.resetRoundTrips();
  const task = await read(taskId);
  expect(await world.database.roundTrips()).toBeLessThanOrEqual(3); // one for who asks
  expect(task).toMatchObject({ kind, words: 'Look here', notes: [], amounts: [], candidates: [], closedNote: null });
  for (const words of ['title', 'happened', 'todo']) expect(task[words]).toMatch(/^[A-Z`]/);
  expect(task.actions).toContainEqual(expect.objectContaining({ method: 'POST', path: `/api/tasks/${taskId}/close` }));
});

test('a task of a kind that this release does not know is shown all the same', async () => {
  const taskId = await open('moon_in_the_way' as TaskKind, 'x');
  expect(await read(taskId)).toMatchObject({ title: 'moon_in_the_way', subject: { type: null, id: 'x' } });
});

describe('who has it', () => {
  test('takes it, gives it to another person and gives it back, each once on the trail', async () => {
    const taskId = await open('job_failed', 'resolve');
    expect(await assign(taskId, 'me')).toEqual({
      status: 200,
      body: { taskId, assignee: { personId: ids.wanjiru, name: 'A treasurer' } },
    });
    expect(await assign(taskId, 'me')).toMatchObject({ status: 200 });
    expect(await assign(taskId, ids.otieno)).toMatchObject({ status: 200, body: { assignee: { personId: ids.otieno } } });
    expect(await assign(taskId, 'none', otieno)).toEqual({ status: 200, body: { taskId, assignee: null } });
    const step = (actor: string, before: string | null, after: string | null) => ({
      ...{ actor: `person:${actor}`, action: 'task_assigned', before, after, inRequest: true },
    });
    expect(await trail(taskId)).toEqual([
      step(ids.wanjiru, null, ids.wanjiru),
      step(ids.wanjiru, ids.wanjiru, ids.otieno),
      step(ids.otieno, ids.otieno, null),
    ]);
  });

  test.each(['member', 'disabled', 'unknown'] as const)('is nobody who may not do tasks: %s', async (who) => {
    const taskId = await open('job_failed', 'resolve');
    expect(await assign(taskId, who === 'unknown' ? NOBODY : ids[who])).toMatchObject({ status: 422, body: { code: 'assignee_refused' } });
    expect((await read(taskId)).assignee).toBeNull();
    expect(await trail(taskId)).toEqual([]);
  });

  test('of two who take it at once the later has it, and both are on the trail, in order', async () => {
    const taskId = await open('job_failed', 'resolve');
    const answers = await Promise.all([assign(taskId, 'me', wanjiru), assign(taskId, 'me', otieno)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const [first, second] = (await trail(taskId)) as { before: string | null; after: string }[];
    const steps = [first, second].sort((a) => (a?.before === null ? -1 : 1));
    expect(steps[0]?.after).toBe(steps[1]?.before);
    expect((await read(taskId)).assignee).toMatchObject({ personId: steps[1]?.after });
  });

  test('does not change once the task is closed', async () => {
    const taskId = await open('job_failed', 'resolve');
    await close(taskId, 'It works again');
    expect(await assign(taskId, 'me')).toMatchObject({ status: 409, body: { code: 'task_closed' } });
  });

  test.each([undefined, null, 'you', 7])('is no %s', async (assignee) => {
    const taskId = await open('job_failed', 'resolve');
    expect(await assign(taskId, assignee)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  });
});

describe('notes', () => {
  const note = (taskId: string, text: unknown, headers: Record<string, string> = {}) =>
    world.send('POST', `/api/tasks/${taskId}/note`, { body: { note: text }, headers: { ...wanjiru?.headers, ...headers } });

  test('are kept with who wrote them and when, encrypted, and are found by nobody who searches', async () => {
    const taskId = await open('job_failed', 'resolve');
    const response = await note(taskId, 'Asked Achieng Odhiambo about it');
    expect(response.status).toBe(201);
    const { noteId } = (await response.json()) as { noteId: string };
    expect((await read(taskId)).notes).toEqual([
      {
        ...{ noteId, note: 'Asked Achieng Odhiambo about it', closes: false, writtenAt: world.clock.now().toISOString() },
        writtenBy: { by: `person:${ids.wanjiru}`, name: 'A treasurer' },
      },
    ]);
    const stored = await world.database.sql(
      'select n::text as row from task_notes n union all select a::text from audit a where subject = $1',
      [taskId],
    );
    expect(JSON.stringify(stored)).not.toContain('Achieng');
    expect((await list('search=Achieng')).tasks).toEqual([]);
    expect(await trail(taskId)).toEqual([
      { actor: `person:${ids.wanjiru}`, action: 'task_noted', before: null, after: { noteId }, inRequest: true },
    ]);
  });

  test('repeated with the same key are one, also at once; without, two', async () => {
    const taskId = await open('job_failed', 'resolve');
    const headers = { 'idempotency-key': `note-${taskId}` };
    const first = await note(taskId, 'Called Safaricom', headers);
    const again = await note(taskId, 'Called Safaricom', headers);
    expect(await again.json()).toEqual(await first.json());
    expect((await note(taskId, 'Called nobody', headers)).status).toBe(422);
    await note(taskId, 'Called Safaricom');
    expect((await read(taskId)).notes).toHaveLength(2);
  });

  test('may be added to a closed task, and tell how it was closed', async () => {
    const taskId = await open('job_failed', 'resolve');
    await close(taskId, 'It works again', otieno);
    expect((await note(taskId, 'It was the certificate')).status).toBe(201);
    const { notes, closedNote } = await read(taskId);
    expect(closedNote).toBe('It works again');
    expect((notes as { closes: boolean }[]).map(({ closes }) => closes)).toEqual([true, false]);
  });

  test.each([undefined, '', ' ', 'x', 'a\nb', 'n'.repeat(1_001), 7])('are no %j', async (text) => {
    expect((await note(await open('job_failed', 'resolve'), text)).status).toBe(400);
  });
});

describe('closing', () => {
  test('takes a note of what was done, once, and the trail has who', async () => {
    const taskId = await open('job_failed', 'resolve');
    const closedAt = world.clock.now().toISOString();
    expect(await close(taskId, 'It works again')).toEqual({
      status: 200,
      body: { taskId, state: 'closed', closedAt, closedBy: `person:${ids.wanjiru}` },
    });
    expect(await close(taskId, 'Again', otieno)).toMatchObject({
      status: 409,
      body: { code: 'task_closed', detail: expect.stringContaining('A treasurer closed it'), taskId, closedAt },
    });
    expect(await read(taskId)).toMatchObject({
      ...{ state: 'closed', closedAt, closedBy: { by: `person:${ids.wanjiru}`, name: 'A treasurer' } },
      ...{ closedNote: 'It works again', actions: [] },
    });
    expect((await list()).tasks).toEqual([]);
    expect(await trail(taskId)).toEqual([
      {
        ...{ actor: `person:${ids.wanjiru}`, action: 'task_closed', before: null, inRequest: true },
        after: { kind: 'job_failed', subject: 'resolve' },
      },
    ]);
  });

  test('by two at once is done by one', async () => {
    const taskId = await open('job_failed', 'resolve');
    const answers = await Promise.all([close(taskId, 'First', wanjiru), close(taskId, 'Second', otieno)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(await read(taskId)).toMatchObject({ closedNote: ['First', 'Second'][winner], notes: [expect.anything()] });
    expect(await trail(taskId)).toHaveLength(1);
  });

  test('does not keep the cause from coming back: it is a new task, that nobody has', async () => {
    const taskId = await open('job_failed', 'resolve');
    await assign(taskId, 'me');
    await close(taskId, 'It works again');
    const again = await open('job_failed', 'resolve');
    expect(again).not.toBe(taskId);
    expect(await read(again)).toMatchObject({ state: 'open', assignee: null, notes: [] });
    expect(await read(taskId)).toMatchObject({ state: 'closed', closedNote: 'It works again' });
  });

  test('is no matter for a key, whatever its scopes, nor for a member', async () => {
    const taskId = await open('job_failed', 'resolve');
    const member = await signInAs(world, 'member');
    for (const by of [key, member]) expect(await close(taskId, 'Done', by)).toMatchObject({ status: 403 });
    expect(await ask('GET', `/api/tasks/${taskId}`, undefined, member)).toMatchObject({ status: 403 });
    expect((await read(taskId, key)).state).toBe('open');
  });

  test.each([undefined, '', 'x'])('needs to hear what was done, and not %j', async (note) => {
    expect(await close(await open('job_failed', 'resolve'), note)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  });

  test('by the system is shown as such, with its note', async () => {
    const taskId = await open('job_failed', 'resolve');
    await world.database.sql(`select close_tasks_1(array['job_failed'], 'resolve', 'It ran.', $1)`, [world.clock.now()]);
    expect(await read(taskId)).toMatchObject({ closedBy: { by: 'malipo', name: null }, closedNote: 'It ran.', notes: [] });
    expect(await close(taskId, 'Late')).toMatchObject({ status: 409, body: { detail: expect.stringContaining('Malipo itself') } });
  });
});

test.each([
  ['GET', ''],
  ['POST', '/assign', { assignee: 'me' }],
  ['POST', '/note', { note: 'Hello' }],
  ['POST', '/close', { note: 'Done' }],
])('%s of an unknown task%s is 404, and of no id 400', async (method, path, body?: object) => {
  expect(await ask(method, `/api/tasks/${NOBODY}${path}`, body)).toMatchObject({ status: 404, body: { code: 'task_not_found' } });
  expect(await ask(method, `/api/tasks/nonsense${path}`, body)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
});
