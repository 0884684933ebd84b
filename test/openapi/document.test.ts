import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '#desk/webhooks/events.ts';
import { type ErrorCode, isErrorCode } from '#ground/errors.ts';
import { type Document, makeDocument } from '../../dev/openapi/document.ts';
import { operationIdOf, PARTS } from '../../dev/openapi/parts.ts';
import { makePostman } from '../../dev/openapi/postman.ts';
import { REMEDIES } from '../../dev/openapi/remedies.ts';
import { functions } from '../world/route.ts';
import { printApi } from './print-api.ts';
import { printProblems } from './print-problems.ts';

let document: Document;
beforeAll(async () => {
  document = await makeDocument();
}, 120_000);

type Described = { operationId: string; method: string; path: string; operation: { tags?: string[]; summary?: string } };
const described = (): Described[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ operationId: operation.operationId, method, path, operation })),
  );

/** Every request that a function answers, as the description should name it. */
const answered = functions.flatMap(({ name, config }) =>
  [config.path ?? []].flat().flatMap((path) =>
    [config.method ?? []]
      .flat()
      .filter((method) => method !== 'OPTIONS')
      .map((method) => `${operationIdOf(name)}: ${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`),
  ),
);

test('it is OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(document.openapi).toBe('3.1.0');
});

test('every function is in it, by its name, with its method and path; those of the clock by their schedule', () => {
  expect(
    described()
      .map(({ operationId, method, path }) => `${operationId}: ${method} ${path}`)
      .sort(),
  ).toEqual(answered.sort());
  const scheduled = functions.filter(({ config }) => config.schedule);
  expect(document['x-scheduled'].map(({ operationId, schedule }) => [operationId, schedule]).sort()).toEqual(
    scheduled.map(({ name, config }) => [operationIdOf(name), config.schedule]).sort(),
  );
});

/** Lists that end by themselves: the newest of a day's report, whose whole is another report. */
const SHORT_BY_NATURE = ['readRecentPayments', 'readPending'];

test('every list that comes in parts says how many there are and has numbered pages, beside its cursor', () => {
  const namesOf = ({ parameters = [] }: { parameters?: { name: string }[] }) => parameters.map(({ name }) => name);
  const lists = described().filter(({ method, operation }) => method === 'get' && namesOf(operation as object).includes('limit'));
  expect(lists.length).toBeGreaterThan(20);
  const lacking = lists.filter(({ operation }) => !['count', 'page'].every((name) => namesOf(operation as object).includes(name)));
  expect(lacking.map(({ operationId }) => operationId).filter((each) => !SHORT_BY_NATURE.includes(each))).toEqual([]);
  const silent = lists.filter(({ operationId, operation }) => {
    const answer = JSON.stringify((operation as { responses?: Record<string, unknown> }).responses?.['200']);
    const [, named] = /schemas\/(\w+)"/.exec(answer) ?? [];
    const whole = named ? JSON.stringify(schemas()[named]) : answer;
    return !SHORT_BY_NATURE.includes(operationId) && !whole.includes('"total"') && !reaches(whole);
  });
  expect(silent.map(({ operationId }) => operationId)).toEqual([]);
});

const schemas = () => (document.components?.schemas ?? {}) as Record<string, unknown>;

/** Whether a shape has a total in one of those that it is one of. */
const reaches = (whole: string): boolean =>
  [...whole.matchAll(/schemas\/(\w+)"/g)].some(([, name = '']) => JSON.stringify(schemas()[name] ?? '').includes('"total"'));

test('each row leads to the file of its name', async () => {
  const rows = PARTS.flatMap(({ operations, ownFunctions = {} }) => Object.entries({ ...operations, ...ownFunctions }));
  expect(rows.length).toBe(functions.length);
  for (const { name, load } of functions) {
    const row = rows.find(([id]) => id === operationIdOf(name))?.[1];
    expect([name, (await row?.load())?.default]).toEqual([name, await load()]);
  }
});

test('only Safaricom and we ourselves are described without who may ask', () => {
  const without = PARTS.flatMap(({ ownFunctions = {} }) => Object.keys(ownFunctions)).sort();
  const secret = functions.filter(({ config }) => [config.path ?? []].flat().some((path) => path.includes('/:token')) || config.schedule);
  expect(without).toEqual(secret.map(({ name }) => operationIdOf(name)).sort());
});

test('a summary is an imperative without a full stop, and no two operations have the same', () => {
  const summaries = described().map(({ operation }) => operation.summary ?? '');
  expect(summaries.filter((words) => !/^[A-Z].{3,70}[^.]$/.test(words))).toEqual([]);
  const shown = PARTS.flatMap(({ operations }) => Object.values(operations).map(({ summary }) => summary));
  expect(shown.length).toBe(new Set(shown).size);
});

test('an answer is a named component, so that clients have a name for it', () => {
  const unnamed = described().flatMap(({ operationId, operation }) =>
    Object.values((operation as { responses: Record<string, { content?: Record<string, { schema?: object }> }> }).responses).flatMap(
      ({ content }) => {
        const schema = content?.['application/json']?.schema;
        return schema && !('$ref' in schema) ? [operationId] : [];
      },
    ),
  );
  expect(unnamed).toEqual([]);
  const components = Object.keys(document.components?.schemas ?? {});
  for (const name of ['Payment', 'Booking', 'Payout', 'Problem', 'Loan', 'Member', 'Task']) expect(components).toContain(name);
});

test('every event that a server is told of is in it', () => {
  expect(Object.keys(document.webhooks ?? {})).toEqual([...EVENT_TYPES, 'test']);
});

test('inputs are in it: of the path, of the query and of the body', () => {
  const read = document.paths['/api/bookings/{id}/resolve']?.post;
  expect(read?.parameters).toMatchObject([{ name: 'id', in: 'path', required: true }]);
  const body = read?.requestBody as { content: Record<string, { schema: { anyOf: { properties: object }[] } }> } | undefined;
  const shapes = body?.content['application/json']?.schema.anyOf.map(({ properties }) => Object.keys(properties));
  expect(shapes).toContainEqual(['action', 'to', 'keep', 'phoneNumber']);
  const list = document.paths['/api/payments']?.get?.parameters as { name: string; in: string }[];
  expect(list.map(({ name, in: where }) => `${where} ${name}`)).toContain('query externalReference');
});

describe('a problem', () => {
  test('has a remedy that is a sentence', () => {
    for (const [code, remedy] of Object.entries(REMEDIES)) expect(`${code}: ${remedy}`).toMatch(/^\w+: [A-Z`].*\.$/);
  });

  test('of a function is named once, and is none that every function may have', () => {
    const common: ErrorCode[] = ['invalid_input', 'unauthorized', 'database_unreachable', 'unsupported_media_type', 'body_too_large'];
    for (const { operations } of PARTS)
      for (const [id, { problems = [] }] of Object.entries(operations)) {
        expect([id, problems]).toEqual([id, [...new Set(problems)]]);
        expect([id, problems.filter((code) => common.includes(code))]).toEqual([id, []]);
      }
  });

  test('is in the description under its status', () => {
    const statuses = document.paths['/api/payments/stk-push']?.post?.responses ?? {};
    expect(JSON.stringify(statuses[409])).toContain('"payment_being_checked"');
    expect(JSON.stringify(statuses[400])).toContain('"invalid_input"');
    expect(isErrorCode('payment_being_checked')).toBe(true);
  });
});

test('docs/api.md and docs/problems.md have the words of the rows', async () => {
  await expect(await printApi()).toMatchFileSnapshot('../../docs/api.md');
  await expect(printProblems()).toMatchFileSnapshot('../../docs/problems.md');
});

describe('the Postman collection', () => {
  type Request = { name: string; request: { method: string; url: { raw: string }; auth?: object; body?: { raw?: string } } };
  const requests = () => (makePostman(document) as { item: { item: Request[] }[] }).item.flatMap(({ item }) => item);

  test("has each operation that is not Safaricom's or our own", () => {
    const shown = requests().map(({ request: { method, url } }) => `${method} ${url.raw.replace('{{site}}', '')}`);
    const wanted = described().filter(({ path }) => !path.includes('{token}'));
    expect(shown.sort()).toEqual(
      wanted.map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`).sort(),
    );
  });

  test('brings bodies that their functions take, but for what only a person knows', async () => {
    const [prompt] = requests().filter(({ request: { url } }) => url.raw.endsWith('/api/payments/stk-push'));
    expect(JSON.parse(prompt?.request.body?.raw ?? '')).toEqual({ phoneNumber: '0712 345 678' });
    const unfit: string[] = [];
    for (const { operations } of PARTS)
      for (const [id, { load, summary }] of Object.entries(operations)) {
        const body = requests().find(({ name }) => name === summary)?.request.body?.raw;
        const { options } = (await load()).default;
        if (body === undefined || options.fileBytes) continue;
        const sent = { id: '01930000-0000-7000-8000-000000000001', ...JSON.parse(body) };
        const { error } = options.input.safeParse(sent);
        const known = error?.issues.every(({ code, path }) => code === 'unrecognized_keys' && path.length === 0);
        if (error && !known) unfit.push(id);
      }
    expect(unfit.sort()).toEqual([
      'askTransactionStatus',
      'changeMember',
      'changePerson',
      'changeWebhook',
      'decideBulkPayout',
      'putLoanProducts',
    ]); // one of several is to be sent
  });
});
