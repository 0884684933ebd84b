import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { productInput } from './open-lender.ts';

type Product = Record<string, unknown> & { code: string; inWords: Record<string, string> };
type Answer = { changed?: string[]; code?: string; detail?: string };

let world: World;
let headers: { authorization: string };

beforeAll(async () => {
  world = await startWorld();
  headers = await operator(world, 'products:write');
});
afterAll(() => world.stop());

const put = async (body: unknown, by = headers) => {
  const response = await world.send('PUT', '/api/loan-products', { body, headers: by });
  return { status: response.status, body: (await response.json()) as Answer };
};
const offer = (changes: Record<string, unknown>) => put({ products: [productInput(changes)] });
const list = async (query = ''): Promise<Product[]> =>
  ((await (await world.send('GET', `/api/loan-products${query}`)).json()) as { products: Product[] }).products;
const find = async (code: string, query = '') => (await list(query)).find((product) => product.code === code);
const rowsOf = (code: string) =>
  world.database.sql<{ id: string; retired: boolean }>(
    'select id, retired_at is not null as retired from loan_products where code = $1 order by created_at, id',
    [code],
  );

const FULL = {
  ...{ code: 'full', method: 'reducing', period: 'month', instalments: 12, interestPercent: '1.25' },
  fee: { amount: 200, percent: '2.5', charged: 'instalments' },
  penalty: { kind: 'percent', percent: '10', frequency: 'per_period', graceDays: 3, inDuplum: true, capPercent: '50' },
  ...{ allocationOrder: ['principal', 'interest', 'fee', 'penalty'], excess: 'full', earlySettlement: 'interest_to_date' },
};

test('what was sent is offered to anybody, and can be sent back as it is read: nothing changes then', async () => {
  expect((await offer(FULL)).body).toEqual({ changed: ['full'], retired: [] });
  const { inWords, ...shown } = (await find('full')) ?? { inWords: {} };
  expect(shown).toEqual({ ...productInput(FULL) });
  expect((await put({ products: [shown] })).body).toEqual({ changed: [], retired: [] });
  expect(await rowsOf('full')).toHaveLength(1);
});

test('new terms are a new row, and the old one is retired and stays as it was, on the record', async () => {
  await offer({ code: 'changing' });
  const [first] = await rowsOf('changing');
  const before = await world.database.sql('select * from loan_products where id = $1', [first?.id]);
  expect((await offer({ code: 'changing', interestPercent: 2 })).body.changed).toEqual(['changing']);
  const [, second] = await rowsOf('changing');
  expect(await rowsOf('changing')).toMatchObject([{ retired: true }, { retired: false }]);
  expect(await world.database.sql('select * from loan_products where id = $1', [first?.id])).toEqual([
    { ...before[0], retired_at: expect.any(Date) },
  ]);
  expect(await find('changing')).toMatchObject({ interestPercent: '2' });
  expect(
    await world.database.sql("select action, before, after from audit where subject = 'changing' order by happened_at, id"),
  ).toMatchObject([
    { action: 'loan_product_changed', before: null, after: first?.id },
    { action: 'loan_product_changed', before: first?.id, after: second?.id },
  ]);
});

test('many who change one product at once leave one that is offered', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => offer({ code: 'contested', instalments: n + 1 })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const rows = await rowsOf('contested');
  expect(rows).toHaveLength(8);
  expect(rows.filter(({ retired }) => !retired)).toHaveLength(1);
});

test('a product that is retired is offered no more, and one that is not there cannot be retired; all or nothing', async () => {
  await offer({ code: 'leaving' });
  expect(await put({ products: [productInput({ code: 'arriving' })], retire: ['leaving', 'unknown'] })).toMatchObject({
    ...{ status: 404, body: { code: 'product_not_found' } },
  });
  expect([await find('leaving'), await find('arriving')]).toEqual([expect.anything(), undefined]);
  expect((await put({ retire: ['leaving'] })).status).toBe(200);
  expect(await find('leaving')).toBeUndefined();
});

test('a treasurer may change them; a member may not', async () => {
  const body = { products: [productInput({ code: 'by-treasurer' })] };
  expect((await put(body, await signedIn(world, 'treasurer'))).status).toBe(200);
  expect((await put(body, await signedIn(world, 'member'))).status).toBe(403);
});

describe('contradictions are refused in words:', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a percent penalty without its rate', { penalty: { kind: 'percent', frequency: 'once' } }, /percent/],
    ['a percent penalty of nothing', { penalty: { kind: 'percent', percent: 0, frequency: 'once' } }, /rate above 0/],
    ['a fixed penalty without its amount', { penalty: { kind: 'fixed', frequency: 'once' } }, /needs its amount/],
    ['a fixed penalty of cents', { penalty: { kind: 'fixed', amount: 10.5, frequency: 'once' } }, /whole shillings/],
    ['a penalty of no kind', { penalty: { kind: 'daily' } }, /A penalty is/],
    ['a penalty that does not say how often', { penalty: { kind: 'fixed', amount: 10 } }, /once, or per_period/],
    ['no penalty with a cap', { penalty: { kind: 'none', capPercent: 50 } }, /capPercent/],
    ['no instalments', { instalments: 0 }, /at least one instalment/],
    ['too many instalments', { instalments: 121 }, /120 instalments/],
    ['an order that names one twice', { allocationOrder: ['penalty', 'penalty', 'fee', 'interest'] }, /each once/],
    ['an order that leaves one out', { allocationOrder: ['penalty', 'fee', 'interest'] }, /each once/],
    ['a smallest above the largest loan', { min: 5_000, max: 1_000 }, /not below the smallest/],
    ['a yearly rate for each of ten weeks', { interestPercent: 12 }, /one instalment period/],
    ['a rate with three decimals', { interestPercent: '1.255' }, /two decimals/],
    ['a negative rate', { interestPercent: -1 }, /between 0 and 100/],
    ['a fee that eats the smallest loan', { min: 100, fee: { amount: 95, charged: 'deducted' } }, /10 shillings/],
    ['a fee that is charged nowhere', { fee: { amount: 95 } }, /deducted from what is sent/],
    ['a loan of cents', { min: 100.5 }, /whole shillings/],
    ['a field that nobody knows', { interest: 3 }, /interest/],
    ['a code with spaces', { code: 'Small loan' }, /small letters/],
  ])('%s', async (_, changes, words) => {
    const { status, body } = await offer({ code: 'never', ...changes });
    expect([status, body.code]).toEqual([400, 'invalid_input']);
    expect(body.detail).toMatch(words);
    expect(await find('never')).toBeUndefined();
  });

  test('a code named twice, and nothing at all', async () => {
    expect((await put({ products: [productInput(), productInput()] })).body.detail).toMatch(/named once/);
    expect((await put({ products: [productInput()], retire: ['weekly'] })).body.detail).toMatch(/named once/);
    expect((await put({})).body.detail).toMatch(/Send products/);
  });

  test('but not what only looks like one', async () => {
    expect((await offer({ code: 'long', method: 'reducing', period: 'month', instalments: 120, interestPercent: 1 })).status).toBe(200);
    expect((await offer({ code: 'fee-later', min: 100, fee: { amount: 200, charged: 'instalments' } })).status).toBe(200);
  });
});

describe('the terms in words', () => {
  test('say the whole rule of penalties, in English and in Swahili', async () => {
    await offer({ ...FULL, code: 'words' });
    expect((await find('words'))?.inWords).toEqual({
      interest: 'Interest is 1.25 % a month of what is still owed, in equal instalments.',
      fee: 'The fee is KES 200 and 2.5 % of the loan, paid with the instalments.',
      penalties:
        'An instalment not paid 3 days after its due day costs a penalty of 10 % of its unpaid part, and again for each further month it stays unpaid. ' +
        'All penalties of a loan together are at most 50 % of the loan. No penalty is added once unpaid interest and penalties have reached the unpaid part of the loan.',
      payments:
        'A payment pays what is due in this order: the loan itself, interest, the fee, penalties. Anything above what is due pays the next instalments. ' +
        'If you pay the whole loan early, you pay no interest for periods that have not begun.',
    });
    expect((await find('words', '?language=sw'))?.inWords.penalties).toContain('hutozwa faini ya asilimia 10 ya sehemu ambayo haijalipwa');
  });

  test('differ for every rule', async () => {
    const penalties = [
      { kind: 'none' },
      ...['once', 'per_period'].flatMap((frequency) =>
        [0, 1, 5].flatMap((graceDays) =>
          [null, '20'].flatMap((capPercent) =>
            [true, false].flatMap((inDuplum) => [
              { kind: 'fixed', amount: 100, frequency, graceDays, capPercent, inDuplum },
              { kind: 'percent', percent: '5', frequency, graceDays, capPercent, inDuplum },
            ]),
          ),
        ),
      ),
    ];
    const products = penalties.map((penalty, n) => productInput({ code: `rule-${n}`, penalty }));
    expect((await put({ products })).status).toBe(200);
    for (const language of ['en', 'sw']) {
      const rules = (await list(`?language=${language}`))
        .filter(({ code }) => code.startsWith('rule-'))
        .map(({ inWords }) => inWords.penalties);
      expect(new Set(rules).size).toBe(penalties.length);
    }
  });
});
