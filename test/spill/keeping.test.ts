import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@netlify/functions';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp, useApp } from '#app.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { callback } from '#http/callback.ts';
import { hashOf } from '#mpesa/spill/seal-told.ts';
import { spillName } from '#mpesa/spill/spill-store.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { noticeBody } from '../paybill/paybill.ts';
import { freshDatabase } from '../world/database.ts';
import { startWorld, type World } from '../world/world.ts';
import { keep, keptKeys, someId, spillFolder } from './kept.ts';

let whole: World;
/** The same site with a store that no test before has seen: what a process has seen of one it believes for five seconds. */
let world: World;
beforeAll(async () => {
  whole = await startWorld({ blobs: true });
});
afterAll(() => whole.stop());
let stores = 0;
beforeEach(() => {
  const { config } = whole.app;
  world = { ...whole, app: { ...whole.app, config: { ...config, databaseUrl: `${config.databaseUrl}_${++stores}` } } };
});

/** Entries that were there before: empty files with names as they are. */
function fill(count: number, way: string, arrivedAt: Date): void {
  mkdirSync(spillFolder(world), { recursive: true });
  for (let n = 0; n < count; n++) {
    const hash = hashOf({ way, subjectId: someId(), body: String(n) });
    writeFileSync(path.join(spillFolder(world), `waiting.${way}.${hash}.${arrivedAt.getTime()}`), '');
  }
}

/** What Safaricom hears of this site when the table of evidence is gone. */
async function tellBroken(app: App): Promise<number> {
  useApp(app);
  await world.database.sql('alter table evidence rename to elsewhere');
  const path = `/api/callbacks/stk/${makeCallbackToken(app.config.callback.tokenKeys, 'stk', someId())}`;
  const { status } = await world.send('POST', path, { body: '{}' });
  await world.database.sql('alter table elsewhere rename to evidence');
  useApp(whole.app);
  return status;
}

test('the same callback is kept once, however often and by however many it is told', async () => {
  const told = { way: 'stk', body: '{}', subjectId: someId() };
  expect(await Promise.all([keep(world, told), keep(world, told), keep(world, { ...told, arrivedAt: new Date(0) })])).toEqual(
    Array(3).fill('kept'),
  );
  await sleep(5_100);
  expect(await keep(world, told)).toBe('kept');
  expect(keptKeys(world)).toHaveLength(1);
}, 30_000);

test('what is kept is encrypted', async () => {
  await keep(world, { way: 'c2b-confirmation', body: noticeBody({ FirstName: 'CANARY', MSISDN: '254712000111' }) });
  const [key = ''] = keptKeys(world);
  const kept = readFileSync(path.join(spillFolder(world), key), 'utf8');
  expect(kept).toMatch(/^v1\.k1\./);
  expect(`${key}${kept}`).not.toMatch(/CANARY|254712000111/);
}, 30_000);

test('a callback that the database refuses for good is kept too, but not for a preview, nor for a database of the other environment', async () => {
  world = whole;
  const { config } = world.app;
  expect(await tellBroken(createApp({ ...config, site: { ...config.site, isPreview: true } }))).toBe(500);
  expect(await tellBroken(createApp({ ...config, mpesa: { ...config.mpesa, environment: 'production' } }))).toBe(500);
  expect(keptKeys(world)).toEqual([]);
  expect(await tellBroken(world.app)).toBe(200);
  expect(keptKeys(world)).toHaveLength(1);
}, 30_000);

test('a question is not kept, since its answer is wanted now, nor is what did not come through whole', async () => {
  world = whole;
  const before = keptKeys(world);
  const subject = someId();
  const params = { token: makeCallbackToken(world.app.config.callback.tokenKeys, 'c2b', subject) };
  const context = { params, ip: '203.0.113.7', waitUntil: () => undefined } as unknown as Context;
  const away = () => Promise.reject(new Error('The database is away.'));
  const ask = (body: BodyInit, options: { answers?: () => object } = {}) => {
    const request = new Request(`${world.siteUrl}/api/callbacks/c2b/x/validation`, { method: 'POST', body, duplex: 'half' } as RequestInit);
    return callback('c2b', away, async () => undefined, options)(request, context);
  };
  const broken = new ReadableStream({ start: (stream) => stream.error(new Error('The connection broke.')) });
  expect((await ask('{}', { answers: () => ({}) })).status).toBe(500);
  expect((await ask(broken)).status).toBe(500);
  expect(keptKeys(world)).toEqual(before);
  expect((await ask('{}')).status).toBe(200);
  expect(keptKeys(world)).toHaveLength(before.length + 1);
}, 30_000);

test('the 10,001st callback is not kept, and answered 500', async () => {
  world = whole;
  await sleep(5_100);
  fill(9_999 - keptKeys(world).length, 'stk', world.clock.now());
  expect([await keep(world, { way: 'stk', body: 'the 10,000th' }), await keep(world, { way: 'stk', body: 'the 10,001st' })]).toEqual([
    'kept',
    'full',
  ]);
  expect(await tellBroken(world.app)).toBe(500);
}, 60_000);

test('a storm of made-up paybill notices leaves room for callbacks at secret addresses', async () => {
  const paybill = someId();
  const notice = (n: number) =>
    keep(world, { way: 'c2b-confirmation', subjectId: paybill, body: noticeBody({ BillRefNumber: `storm ${n}` }) });
  const told: string[] = [];
  for (let n = 0; n < 700; n += 50) told.push(...(await Promise.all(Array.from({ length: 50 }, (_, more) => notice(n + more)))));
  expect(told.filter((outcome) => outcome === 'kept')).toHaveLength(600); // a minute
  expect(await keep(world, { way: 'stk', body: '{}' })).toBe('kept');
  await world.clock.advance(61_000);
  expect(await notice(701)).toBe('kept');
}, 60_000);

test('paybill notices never take more than half of the room, nor are they novels', async () => {
  fill(5_000, 'c2b-confirmation', new Date(world.clock.now().getTime() - 3_600_000));
  expect(await keep(world, { way: 'c2b-confirmation', body: noticeBody() })).toBe('full');
  expect(await keep(world, { way: 'b2c-result', body: '{}' })).toBe('kept');
  expect(await keep(world, { way: 'c2b-confirmation', body: noticeBody({ FirstName: 'A'.repeat(9_000) }) })).toBe('full');
}, 60_000);

test('each database and environment has a store of its own, whichever host of Neon names it, and a preview has none', async () => {
  const { config } = world.app;
  const other = await freshDatabase();
  const names = [
    spillName(config),
    spillName({ ...config, databaseUrl: other.url }),
    spillName({ ...config, mpesa: { ...config.mpesa, environment: 'production' } }),
  ];
  expect(new Set(names).size).toBe(3);
  const neon = (host: string, login: string) =>
    spillName({ ...config, databaseUrl: `postgres://${login}@${host}.eu-central-1.aws.neon.tech/malipo` });
  expect(neon('ep-cool-1-pooler', 'a:b')).toBe(neon('ep-cool-1', 'c:d'));
  const preview = { ...world, app: { ...world.app, config: { ...config, site: { ...config.site, isPreview: true } } } };
  expect(await keep(preview, { way: 'stk', body: '{}' })).toBe('nowhere');
  expect(keptKeys(world)).toEqual([]);
  await other.drop();
}, 30_000);

test('nobody is told that a callback is kept while it is only being written: the same one, told twice at once, may be lost', async () => {
  const real = globalThis.fetch;
  await keep(world, { way: 'stk', body: 'what is seen of the store' });
  const told = { way: 'stk', body: '{}', subjectId: someId() };
  globalThis.fetch = (async (url: string | URL | Request, init?: RequestInit) => {
    if ((init?.method ?? 'GET').toUpperCase() !== 'PUT') return real(url, init);
    await sleep(50);
    return new Response('no', { status: 500 });
  }) as typeof fetch;
  try {
    const later = sleep(20).then(() => keep(world, told));
    const outcomes = await Promise.allSettled([keep(world, told), keep(world, told), later]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  } finally {
    globalThis.fetch = real;
  }
  expect(await keep(world, told)).toBe('kept');
  expect(keptKeys(world)).toHaveLength(2);
});

test('where there are no Blobs nothing is kept, and health says so', async () => {
  const context = process.env.NETLIFY_BLOBS_CONTEXT;
  expect(await (await world.send('GET', '/api/health')).json()).toMatchObject({ keepsElsewhere: true });
  delete process.env.NETLIFY_BLOBS_CONTEXT;
  expect(await keep(world, { way: 'stk', body: '{}' })).toBe('nowhere');
  expect(await (await world.send('GET', '/api/health')).json()).toMatchObject({ status: 'ok', keepsElsewhere: false });
  process.env.NETLIFY_BLOBS_CONTEXT = context;
}, 30_000);

test('Blobs that do not answer are not waited for longer than Safaricom waits', async () => {
  const context = process.env.NETLIFY_BLOBS_CONTEXT;
  const nobody = { edgeURL: 'http://127.0.0.1:9', uncachedEdgeURL: 'http://127.0.0.1:9', siteID: 'local', token: 'local' };
  process.env.NETLIFY_BLOBS_CONTEXT = Buffer.from(JSON.stringify(nobody)).toString('base64');
  const before = performance.now();
  await expect(keep(world, { way: 'stk', body: '{}' })).rejects.toThrow();
  expect(performance.now() - before).toBeLessThan(7_000);
  process.env.NETLIFY_BLOBS_CONTEXT = context;
}, 30_000);

test('the database of the local world is the same one on another port: what was kept is found again', () => {
  const at = (databaseUrl: string) => spillName({ ...world.app.config, databaseUrl });
  expect(at('postgres://malipo@127.0.0.1:40001/malipo')).toBe(at('postgres://malipo@localhost:40002/malipo'));
  expect(at('postgres://malipo@127.0.0.1:40001/malipo')).not.toBe(at('postgres://malipo@127.0.0.1:40001/other'));
  expect(at('postgres://malipo@db.example.com:5432/malipo')).not.toBe(at('postgres://malipo@db.example.com:5433/malipo'));
});
