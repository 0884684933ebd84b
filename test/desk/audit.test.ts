import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { unlockPhone } from '#people/people/manage-people.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

type Entry = Record<string, unknown> & { auditId: string; at: string; by: string; action: string; subject: string };
type Answer = { entries: Entry[]; nextCursor: string | null; total?: number; detail?: string; code?: string };

let world: World;
let [wanjiru, otieno]: Signed[] = [];
let payoutId: string;
let [paymentId, phone]: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  wanjiru = await signInAs(world, 'treasurer');
  otieno = await signInAs(world, 'admin');
  phone = newPhone();
  ({ paymentId } = await push(world, { phoneNumber: phone }));
  await world.clock.advance(24 * 3_600_000);
  wanjiru = await signInAs(world, 'treasurer');
  otieno = await signInAs(world, 'admin');
  const asked = await world.send('POST', '/api/payouts', {
    ...{ headers: wanjiru.headers, body: { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' } },
  });
  ({ payoutId } = (await asked.json()) as { payoutId: string });
  await world.clock.advance(60_000);
  const decided = await world.send('POST', `/api/payouts/${payoutId}/decision`, { headers: otieno.headers, body: { decision: 'decline' } });
  expect(decided.status).toBe(200);
  await unlockPhone(world.app.db, phone, { actor: 'operator', now: world.clock.now() });
});
afterAll(() => world.stop());

const ask = async (query = '', by: { headers: { authorization: string } } | undefined = wanjiru) => {
  const response = await world.send('GET', `/api/audit?${query}`, { headers: by?.headers ?? {} });
  return { status: response.status, body: (await response.json()) as Answer };
};
const actions = async (query: string) => (await ask(query)).body.entries.map(({ action }) => action);
const idOf = async ({ headers }: Signed): Promise<string> => {
  const [row] = await world.database.sql<{ actor: string }>('select actor from audit where subject = $1 and action = $2', [
    payoutId,
    headers === otieno?.headers ? 'payout_declined' : 'payout_requested',
  ]);
  return row?.actor ?? '';
};

test('says who did what, in words, with names and a link, newest first', async () => {
  const { body } = await ask(`subject=${payoutId}`);
  expect(body).toEqual({
    entries: [
      {
        ...{ auditId: expect.any(String), at: '2026-11-22T09:01:00.000Z', by: await idOf(otieno as Signed), name: 'A admin' },
        ...{ action: 'payout_declined', says: 'The payout was declined.', subject: payoutId, link: `/api/payouts/${payoutId}/timeline` },
        ...{ before: 'requested', after: 'declined', requestId: expect.any(String) },
      },
      expect.objectContaining({ action: 'payout_requested', name: 'A treasurer', before: null, after: null }),
    ],
    nextCursor: null,
  });
});

describe('is filtered', () => {
  test('by who did it: a person, oneself, a visitor, the system', async () => {
    expect(await actions(`actor=${await idOf(otieno as Signed)}`)).toEqual(['payout_declined']);
    expect(await actions('actor=me')).toEqual(['payout_requested']);
    expect(await actions('actor=visitor')).toEqual(['payment_requested']);
    expect(await actions('actor=safaricom')).toEqual(['payment_failed']);
    expect(await actions('actor=operator&limit=1')).toEqual(['phone_unlocked']);
  });

  test('by what was done', async () => {
    expect(await actions('action=payout_declined')).toEqual(['payout_declined']);
    expect(await actions('action=payment_paid')).toEqual([]);
    expect(await actions('action=payout_declined&actor=me')).toEqual([]);
  });

  test('by days in Nairobi, both included', async () => {
    const days = async (query: string) =>
      new Set((await ask(query)).body.entries.map(({ at }) => new Date(Date.parse(at) + 3 * 3_600_000).toISOString().slice(0, 10)));
    expect(await days('from=2026-11-22')).toEqual(new Set(['2026-11-22']));
    expect(await days('to=2026-11-21')).toEqual(new Set(['2026-11-21']));
    expect(await days('from=2026-11-21&to=2026-11-22')).toEqual(new Set(['2026-11-22', '2026-11-21']));
    expect(await days('from=2026-11-23')).toEqual(new Set());
  });

  test.each(['from=2026-11-22&to=2026-11-21', 'action=DROP', 'actor=', 'limit=501', 'cursor=x', 'from=yesterday', 'unknown=1'])(
    'by nothing that cannot be read: %s',
    async (query) => expect(await ask(query)).toMatchObject({ status: 400, body: { code: 'invalid_input' } }),
  );
});

test('comes in pages without loss or repeat, and is counted', async () => {
  const whole = (await ask('limit=500')).body.entries.map(({ auditId }) => auditId);
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const { body }: { body: Answer } = await ask(`limit=3${next && `&cursor=${next}`}`);
    seen.push(...body.entries.map(({ auditId }) => auditId));
    next = body.nextCursor;
  }
  expect(seen).toEqual(whole);
  expect((await ask('count=true&limit=1')).body.total).toBe(whole.length);
  expect((await ask('page=2&limit=3')).body.entries.map(({ auditId }) => auditId)).toEqual(whole.slice(3, 6));
});

test('is a table for a spreadsheet', async () => {
  const response = await world.send('GET', `/api/audit?format=csv&subject=${payoutId}`, { headers: wanjiru?.headers ?? {} });
  const lines: Record<string, string>[] = parse(await response.text(), { columns: true });
  expect(lines.map(({ action, name, before }) => [action, name, before])).toEqual([
    ['payout_declined', 'A admin', '"requested"'],
    ['payout_requested', 'A treasurer', ''],
  ]);
});

test('tells no phone, no hash of one, and masks what was said all the same', async () => {
  const said = JSON.stringify((await ask('limit=500')).body);
  expect(said).not.toContain(phone?.slice(3));
  expect(said).not.toMatch(/phone:/);
  expect((await ask('action=phone_unlocked')).body.entries).toMatchObject([{ subject: 'customer', link: null }]);
  await world.database.sql(
    `insert into audit (id, actor, action, subject, after, happened_at) values ($1, 'malipo', 'moon_rose', 'x', '{"why": ["Call 0712345678"]}', now())`,
    [newId()],
  );
  expect((await ask('subject=x')).body.entries).toMatchObject([{ says: 'Moon rose.', link: null, after: { why: ['Call •••678'] } }]);
});

test('is read by treasurers and administrators, by no key, and costs one round trip', async () => {
  const key = { headers: await operator(world, 'payments:read', 'members:read', 'tasks:read', 'reports:read') };
  expect((await ask('', key)).status).toBe(403);
  expect((await ask('', otieno)).status).toBe(200);
  await world.database.resetRoundTrips();
  await ask(`subject=${paymentId}&count=true`);
  expect(await world.database.roundTrips()).toBe(2); // one for who asks
});
