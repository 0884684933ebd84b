import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '#people/auth/rights.ts';
import { disablePerson } from '#people/people/manage-people.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signIn, signInAs } from '../world/people.ts';
import { functions } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { CALLERS, type CallerName, type Row, rowOf, TABLE } from './table.ts';

type Way = { method: string; path: string };

const ways: Way[] = functions.flatMap(({ config }) =>
  [config.path ?? []].flat().flatMap((path) => [config.method ?? []].flat().map((method) => ({ method, path }))),
);
const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];

let world: World;
let paymentId: string;
const sessions = {} as Record<Exclude<CallerName, 'visitor' | 'key with the scope' | 'key without it'>, Signed>;

beforeAll(async () => {
  world = await startWorld();
  const ended = await signIn(world);
  await world.clock.advance(12 * 3_600_000 + 1000);
  const customer = await signIn(world);
  const paid = await push(world, { phoneNumber: customer.phone });
  paymentId = paid.paymentId;
  await world.simulator.control.answer(paid.prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  const disabled = await signInAs(world, 'admin');
  await disablePerson(world.app.db, disabled.phone, { actor: 'test', now: world.clock.now() });
  const admin = await signInAs(world, 'admin');
  Object.assign(sessions, {
    customer,
    stranger: await signIn(world),
    member: await signInAs(world, 'member'),
    treasurer: await signInAs(world, 'treasurer'),
    admin,
    'disabled person': disabled,
    'ended session': ended,
    'altered session': altered(admin),
  });
});
afterAll(() => world.stop());

/** A session that was made to last for centuries, under the signature of before. */
function altered({ token, phone, role }: Signed): Signed {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), exp: 9_999_999_999 };
  const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  return { phone, role, token: forged, headers: { authorization: `Bearer ${forged}` }, cookie: `malipo=${forged}` };
}

async function headersOf(caller: CallerName, { scope }: Row): Promise<Record<string, string>> {
  if (caller === 'visitor') return {};
  if (caller === 'key with the scope') return operator(world, ...(scope ? [scope] : SCOPES));
  if (caller === 'key without it') return operator(world, ...(scope ? SCOPES.filter((other) => other !== scope) : []));
  return sessions[caller].headers;
}

const expected = (cell: string | undefined, { passes }: Row): number =>
  ({ '+': passes, '1': 401, '3': 403, x: 404 })[cell ?? ''] ?? Number.NaN;

const ask = async ({ method, path }: Way, { body }: Row, headers: Record<string, string>) => {
  const filled = path.replace(':id', paymentId).replace(':token', 'A'.repeat(43));
  const response = await world.send(method, filled, { headers, ...(body !== undefined && { body }) });
  return response.status;
};

describe.each(ways)('$method $path', (way) => {
  if (way.method === 'OPTIONS') {
    test('answers a browser that asks first, whoever it is for, and costs nothing', async () => {
      await world.database.resetRoundTrips();
      for (const headers of [{}, { authorization: 'Bearer nonsense' }, { cookie: 'malipo=nonsense' }])
        expect(await ask(way, { cells: '', passes: 204 }, headers)).toBe(204);
      expect(await world.database.roundTrips()).toBe(0);
    });
    return;
  }

  test('lets in whom the table names, and nobody else', async () => {
    const row = rowOf(way.method, way.path);
    if (!row) throw new Error(`${way.method} ${way.path} has no row in test/rights/table.ts: say there who may ask.`);
    const seen: Record<string, number> = {};
    for (const caller of CALLERS) seen[caller] = await ask(way, row, await headersOf(caller, row));
    expect(seen).toEqual(Object.fromEntries(CALLERS.map((caller, at) => [caller, expected(row.cells[at], row)])));
  });

  test('treats the cookie of a session as the session, and one that is no good as nothing', async () => {
    const row = rowOf(way.method, way.path);
    if (!row) return;
    for (const [caller, { cookie }] of Object.entries(sessions)) {
      const good = !['disabled person', 'ended session', 'altered session'].includes(caller);
      const cell = row.cells[good ? CALLERS.indexOf(caller as CallerName) : 0];
      expect([caller, await ask(way, row, { cookie, origin: world.siteUrl })]).toEqual([caller, expected(cell, row)]);
      if (good && WRITES.includes(way.method) && cell !== 'x')
        expect([caller, await ask(way, row, { cookie, origin: 'https://elsewhere.example' })]).toEqual([caller, 403]);
    }
  });
});

test('every row of the table is a way in, and every caller has a letter in it', () => {
  const known = ways.map(({ method, path }) => `${method} ${path}`);
  expect(Object.keys(TABLE).filter((row) => !known.includes(row))).toEqual([]);
  for (const [name, { cells }] of Object.entries(TABLE)) expect(cells, name).toMatch(new RegExp(`^[+13x]{${CALLERS.length}}$`));
});

describe('the history of payments', () => {
  const list = async (caller: 'customer' | 'stranger' | 'member' | 'treasurer', query = '') => {
    const response = await world.send('GET', `/api/payments?${query}`, { headers: sessions[caller].headers });
    return (await response.json()) as { payments: { paymentId: string; mpesaReceiptNumber: string | null }[] };
  };
  const idsOf = ({ payments }: { payments: { paymentId: string }[] }) => payments.map((payment) => payment.paymentId);

  test('of a customer is exactly what their verified number paid, whatever number they ask for', async () => {
    await push(world, { phoneNumber: newPhone() });
    for (const query of ['', `phoneNumber=${sessions.customer.phone}`, `phoneNumber=${sessions.stranger.phone}`, 'phoneNumber=0799999999'])
      expect(idsOf(await list('customer', query))).toEqual([paymentId]);
    expect(idsOf(await list('treasurer')).length).toBeGreaterThan(1);
  });

  test("says of somebody else's payment what it says of one that does not exist", async () => {
    const receipt = (await list('customer')).payments[0]?.mpesaReceiptNumber ?? '';
    expect(receipt).toMatch(/^\w{10}$/);
    for (const caller of ['stranger', 'member'] as const)
      for (const query of [
        '',
        `receipt=${receipt}`,
        'receipt=AAAAAAAAAA',
        `phoneNumber=${sessions.customer.phone}`,
        'externalReference=order-1',
      ])
        expect(await list(caller, query)).toEqual({ payments: [], nextCursor: null });
  });

  test('as CSV is the same', async () => {
    const csv = async (caller: 'customer' | 'stranger') =>
      (await world.send('GET', '/api/payments?format=csv', { headers: sessions[caller].headers })).text();
    expect((await csv('customer')).trim().split('\n')).toHaveLength(2);
    expect((await csv('stranger')).trim().split('\n')).toHaveLength(1);
  });
});
