import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallbackKind, makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { newId } from '#ground/db/columns.ts';
import { functions } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const KINDS: CallbackKind[] = [
  'stk',
  'c2b',
  'b2c',
  'reversal',
  'withdrawal-status',
  'deposit-status',
  'transaction-status',
  'account-balance',
];

/** Every address that Safaricom may call, with the kind of token that its path names. */
const routes = functions
  .flatMap(({ config }) => [config.path ?? []].flat())
  .filter((path) => path.startsWith('/api/callbacks/'))
  .map((path) => ({ path, kind: path.split('/')[3] as CallbackKind }));

const token = (kind: CallbackKind, id = newId()) => makeCallbackToken(world.app.config.callback.tokenKeys, kind, id);
const books = () =>
  world.database.sql(
    'select (select count(*) from transfers) t, (select count(*) from deposits) d, (select count(*) from withdrawals) w, (select count(*) from payments) p',
  );

const BODIES = [
  '',
  '{}',
  'null',
  '[]',
  'nonsense',
  '{"Result":{}}',
  '{"Result":{"ResultCode":0,"ResultType":0}}',
  '{"Body":{"stkCallback":{"ResultCode":0}}}',
  `{"Result":${'['.repeat(5_000)}`,
];

test('there is a way in for every kind', () => {
  expect(new Set(routes.map(({ kind }) => kind))).toEqual(new Set(KINDS));
});

test.each(routes)('$path knows no token of another kind, or of nobody, and looks nothing up for it', async ({ path, kind }) => {
  const own = token(kind);
  const wrong = [
    ...KINDS.filter((other) => other !== kind).map((other) => token(other)),
    `${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}`,
    own.slice(1),
    `${own}A`,
    '%00',
    '..',
  ];
  await world.settled();
  await world.database.resetRoundTrips();
  const statuses = await Promise.all(
    wrong.map(async (each) => (await world.send('POST', path.replace(':token', each), { body: '{}' })).status),
  );
  expect(new Set(statuses)).toEqual(new Set([404]));
  expect(await world.database.roundTrips()).toBeLessThanOrEqual(1); // so many in a minute are a burst, which goes to the error log once
});

test.each(routes.filter(({ kind }) => kind !== 'c2b'))(
  '$path takes any body under the right token calmly, about nothing we know, and books nothing',
  async ({ path, kind }) => {
    const before = await books();
    for (const body of BODIES) {
      const response = await world.send('POST', path.replace(':token', token(kind)), {
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([body, response.status]).toEqual([body, 200]);
    }
    expect(await books()).toEqual(before);
  },
);
