import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ACTIONS, type Action, type Known } from '#desk/tasks/actions.ts';
import { actionsOf } from '#desk/tasks/offer-actions.ts';
import { idOf, SUBJECTS, type SubjectType, typesOf } from '#desk/tasks/subjects.ts';
import { TASK_WORDS, wordsOf } from '#desk/tasks/words-of.ts';
import { TASK_KINDS, type TaskKind } from '#ground/tasks/task-kinds.ts';
import { DecideBulkInput } from '#mpesa/payouts/bulk/decide-bulk-payout.ts';
import { DecideInput } from '#mpesa/payouts/decide-payout.ts';
import { functions } from '../world/route.ts';
import { printTasks } from './print-tasks.ts';

const ID = '01930000-0000-7000-8000-000000000001';

/** A subject of each type, as the code that opens tasks writes it. */
const EXAMPLES: Record<SubjectType, string> = {
  ...{
    attempt: ID,
    deposit: ID,
    payment: ID,
    payout: ID,
    booking: ID,
    bulk: ID,
    loan: ID,
    statement: ID,
    person: ID,
    notice: ID,
    message: ID,
    recorded: ID,
    webhook: ID,
  },
  ...{ receipt: 'UKL7XYZ123', invoice: `invoice:${ID}`, shortcode: '600000', days: '600000:2026-11-01/2026-11-30', callback: 'c0ffee' },
  ...{ limit: 'prompts:2026-11-30', reason: 'initiator_locked', job: 'resolve', account: 'b2c', ledger: 'ledger', quarter: '2026-Q4' },
  ...{ failure: ID, state: 'prompts' },
};

const routes = functions.flatMap(({ name, config }) =>
  [config.path ?? []].flat().map((pathname) => ({ name, pattern: new URLPattern({ pathname }), methods: [config.method ?? []].flat() })),
);
const isRoute = ({ method, path }: { method: string; path: string }) =>
  routes.some(({ pattern, methods }) => methods.includes(method as never) && pattern.test(new URL(path, 'https://duka.example')));

/** What the books add to a subject of a type (read-amounts.ts). */
const ADDED: Partial<Record<SubjectType, SubjectType[]>> = {
  ...{ deposit: ['receipt'], attempt: ['deposit', 'payment'], payment: ['receipt'], booking: ['payment', 'receipt'] },
  ...{ receipt: ['deposit', 'payout', 'statement'], payout: ['deposit', 'receipt', 'statement'] },
};

const knownOf = (type: SubjectType): Known =>
  Object.fromEntries([
    ...(type === 'limit' ? [['day', '2026-11-30']] : []),
    ...[type, ...(ADDED[type] ?? [])].map((each) => [each, idOf(each, EXAMPLES[each])]),
  ]);

test('docs/tasks.md has the words of the code', async () => {
  await expect(printTasks()).toMatchFileSnapshot('../../docs/tasks.md');
});

test('every kind has its words, once', () => {
  expect(Object.keys(TASK_WORDS).sort()).toEqual([...TASK_KINDS].sort());
  const titles = Object.values(TASK_WORDS).map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
});

describe.each(TASK_KINDS)('%s', (kind) => {
  const { title, happened, todo, subject, actions } = TASK_WORDS[kind];

  test('says in a few words what it is, and in few sentences what happened', () => {
    expect(title.length).toBeLessThanOrEqual(60);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    for (const text of [happened, todo]) expect(text).toMatch(/^[A-Z`].*[.)]$/);
    expect(happened.replace(/\([^)]*\)/g, '').split(/[.!?](?:\s|$)/).length - 1).toBeLessThanOrEqual(3);
  });

  test('names requests that exist, each once, and closing', () => {
    const offered = [subject].flat().flatMap((type) => actionsOf(actions, knownOf(type), ID, []));
    expect(offered.filter((action) => !isRoute(action))).toEqual([]);
    const paths = new Set(offered.map(({ method, path, does }) => `${method} ${path} ${does}`));
    expect(paths.size).toBe(actions.length + 1);
  });

  test('knows its subject by how it is written', () => {
    for (const type of [subject].flat()) expect(typesOf(subject, EXAMPLES[type])).toContain(type);
  });

  test('names only kinds, settings and pages that exist', () => {
    const said = JSON.stringify(TASK_WORDS[kind]);
    const others = [...said.matchAll(/`((?:evidence|deposit|receipt|payout|statement|booking|loan|surplus|balance)_[a-z_]+)`/g)].map(
      ([, name = '']) => name,
    );
    const noKinds = ['deposit_not_refuted', 'payout_under_way', 'balance_differs', 'statement_line_not_settled'];
    expect(others.filter((name) => !TASK_KINDS.includes(name as TaskKind) && !noKinds.includes(name))).toEqual([]);
    for (const [, page = '', heading = ''] of said.matchAll(/docs\/(\w+)\.md, \\"([^"\\]+)/g))
      expect(readFileSync(`docs/${page}.md`, 'utf8')).toMatch(new RegExp(`^##+ ${heading}$`, 'm'));
  });
});

test('a request whose address nobody knows is left out, and what it has to say is left to a person', () => {
  const rights = ['reversals:request', 'tasks:manage'];
  expect(actionsOf([ACTIONS.takeBack, ACTIONS.refund, ACTIONS.readMoneyOfReceipt], { receipt: 'UKL7XYZ123' }, ID, rights)).toEqual([
    { method: 'POST', path: '/api/refunds', does: expect.any(String), send: { depositId: '...', reason: '...' }, allowed: true },
    { method: 'GET', path: '/api/deposits?receipt=UKL7XYZ123', does: expect.any(String), allowed: false },
    { method: 'POST', path: `/api/tasks/${ID}/close`, does: expect.any(String), send: expect.any(Object), allowed: true },
  ]);
});

test.each(Object.entries(ACTIONS))('%s names the right that its endpoint asks for', (_, { right, method, path }: Action) => {
  const address = new URL(path.replace(/\{\w+\}/g, ID), 'https://duka.example');
  const [found] = routes.filter(({ pattern, methods }) => methods.includes(method as never) && pattern.test(address));
  const [, auth = ''] = /\bauth: ('[^']+'|\[[^\]]+\])/.exec(readFileSync(`netlify/functions/${found?.name}.ts`, 'utf8')) ?? [];
  expect(auth).toContain(`'${right ?? 'public'}'`);
});

test('kinds whose words say approve, decline or refund offer both decisions, with bodies that the endpoint takes', () => {
  const deciding = TASK_KINDS.filter((kind) => TASK_WORDS[kind].actions.includes(ACTIONS.refund));
  for (const kind of [...deciding, 'payout_of_copy', 'receipt_doubted'] as TaskKind[])
    expect(TASK_WORDS[kind].actions, kind).toEqual(expect.arrayContaining([ACTIONS.approvePayout, ACTIONS.declinePayout]));
  expect(TASK_WORDS.payout_paid_late.actions).toContain(ACTIONS.declinePayout);
  expect(TASK_WORDS.bulk_waits.actions).toEqual(expect.arrayContaining([ACTIONS.approveBulk, ACTIONS.declineBulk]));
  const bodies = [ACTIONS.approvePayout, ACTIONS.declinePayout].map(({ send }) => DecideInput.parse({ id: ID, ...send }).decision);
  expect(bodies).toEqual(['approve', 'decline']);
  expect(DecideBulkInput.parse({ id: ID, ...ACTIONS.declineBulk.send }).decision).toBe('decline');
});

test('what waits to be decided is filled in where it is known, and left to a person where it is not', () => {
  const path = (known: Known) => actionsOf([ACTIONS.approvePayout], known, ID, [])[0]?.path;
  expect(path({ waiting: ID })).toBe(`/api/payouts/${ID}/decision`);
  expect(path({})).toBe('/api/payouts/.../decision');
});

test('every body that is printed is one: `{}` too, and a file has none', () => {
  const printed = printTasks();
  expect(printed).toContain('`POST /api/statements/{statement}/sign-off` with `{}` signs');
  expect(printed).toContain('`POST /api/statements?fileName=...` compares');
  for (const [, path = '', rest = ''] of printed.matchAll(/^- `POST ([^`]+)` (.*)$/gm))
    expect(path.includes('fileName') || rest.startsWith('with `{'), path).toBe(true);
});

test('nothing looks filled in where it is not: no amount, day, time or instalment of nobody', () => {
  for (const [name, { send = {} }] of Object.entries(ACTIONS as Record<string, Action>))
    for (const [key, value] of Object.entries(send)) {
      if (['kind', 'action', 'to', 'decision', 'enabled'].includes(key)) continue;
      expect(value, `${name}.${key}`).toMatch(/^(\.\.\.|\{\w+\})$/);
    }
});

/** What no task can know: what a person finds, decides or says. */
const SAID_BY_PEOPLE = [
  ...['reason', 'note', 'phoneNumber', 'match.paymentId', 'recordMissing.receipt', 'recordReceipt.receipt', 'recordReceipt.at'],
  ...[
    'approveBulk.hash',
    'requestWaiver.instalment',
    'enterTopUp.amount',
    'enterTopUp.on',
    'enterReversal.depositId',
    'replayEvent.eventId',
  ],
];

test('only what a person has to say is left open in a body, and only a deposit or file in an address', () => {
  for (const [name, { path, send = {} }] of Object.entries(ACTIONS as Record<string, Action>)) {
    if (path.includes('...')) expect(['matchOwed', 'importStatement']).toContain(name);
    const open = Object.entries(send).flatMap(([key, value]) => (value === '...' ? [key] : []));
    expect(
      open.filter((key) => !SAID_BY_PEOPLE.includes(key) && !SAID_BY_PEOPLE.includes(`${name}.${key}`)),
      name,
    ).toEqual([]);
  }
});

test('the command of the drill is the whole command', () => {
  expect(TASK_WORDS.restore_drill.todo).toContain('--drill --by "');
});

test('what a person needs beside the words is said, and each of two debts has its own cause', () => {
  const said = (kind: TaskKind) => JSON.stringify(TASK_WORDS[kind]);
  expect(said('attempt_unresolved')).toContain('or the proof of a recorded receipt');
  expect(said('statement_missing_there')).toContain('Where it answers that one is completed');
  expect(TASK_WORDS.refund_exceeds_payment.happened).not.toContain('portal');
  expect(said('refund_exceeds_payment')).toContain('`taken_back_short`');
  expect(said('taken_back_short')).toContain('`refund_exceeds_payment`');
  const [report] = actionsOf(TASK_WORDS.daily_limit_half_used.actions, { day: '2026-11-30' }, undefined, []);
  expect(report?.path).toBe('/api/reports/summary?from=2026-11-30&to=2026-11-30');
});

test('an action is used by a kind', () => {
  const used = new Set(Object.values(TASK_WORDS).flatMap(({ actions }) => actions));
  expect(Object.entries(ACTIONS).flatMap(([name, action]) => (used.has(action) ? [] : [name]))).toEqual([]);
});

test.each([
  [['receipt', 'attempt'], 'UKL7XYZ123', ['receipt']],
  [['receipt', 'attempt'], ID, ['attempt']],
  [['invoice', 'person'], `invoice:${ID}`, ['invoice']],
  [['account', 'shortcode'], 'b2c', ['account']],
  [['shortcode'], '600000:before the first balance', ['shortcode']],
  [['payment', 'payout'], ID, ['payment', 'payout']],
] as [SubjectType[], string, SubjectType[]][])('of %j the subject %s is %j', (types, subject, found) => {
  expect(typesOf(types, subject)).toEqual(found);
});

test('every type of subject is that of a kind', () => {
  const used = new Set(Object.values(TASK_WORDS).flatMap(({ subject }) => [subject].flat()));
  expect(Object.keys(SUBJECTS).filter((type) => !used.has(type as SubjectType))).toEqual([]);
});

test('a kind of another release is shown by its name', () => {
  expect(wordsOf('moon_in_the_way')).toMatchObject({ title: 'moon_in_the_way', actions: [] });
});
