import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signEvent } from '#desk/webhooks/sign-event.ts';
import type { Malipo } from '../../client/src/index.ts';
import { choosePort } from '../../dev/world/choose-port.ts';
import { end, type Started, startWorld, waitUntil } from '../local-world/spawn.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'malipo-packed-'));
const shop = path.join(folder, 'shop');
const within = (...names: string[]) => path.join(shop, 'node_modules/malipo', ...names);

type Packed = typeof import('../../client/src/index.ts');

let world: Started;
let malipo: Malipo;
let tarball: string;
let server: ChildProcess;
let shopUrl: string;
let secret: string;
let printed = '';

beforeAll(async () => {
  const [started] = await Promise.all([startWorld(path.join(folder, 'world')), install()]);
  world = started;
  const { createMalipo } = (await import(pathToFileURL(within('dist/index.js')).href)) as Packed;
  malipo = createMalipo({ url: world.shopUrl, key: world.operatorKey });
  const port = await choosePort(0);
  shopUrl = `http://127.0.0.1:${port}`;
  secret = await addWebhook(`${shopUrl}/malipo`);
  await startShop(port);
}, 180_000);
afterAll(async () => {
  server?.kill();
  if (world) await end(world, 'SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

/** Packs the client, and installs it as a shop would, without the network. Express is the one of this project. */
async function install(): Promise<void> {
  await run('npm', ['pack', '--workspace', 'client', '--pack-destination', folder], { cwd: ROOT });
  [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  mkdirSync(shop);
  writeFileSync(path.join(shop, 'package.json'), '{ "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', path.join(folder, tarball)], { cwd: shop });
  symlinkSync(path.join(ROOT, 'node_modules/express'), path.join(shop, 'node_modules/express'));
  for (const name of ['express', 'next']) cpSync(path.join(ROOT, 'client/examples', name), path.join(shop, name), { recursive: true });
}

async function post(url: string, body: object | string, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text });
  return { status: response.status, body: (await response.json().catch(() => ({}))) as Record<string, string> };
}

/** Adds a webhook as an administrator does, who signs in with the code in their SMS; its secret. */
async function addWebhook(url: string): Promise<string> {
  const phoneNumber = /(07[\d ]+\d)\s+[^\n]*, administrator/.exec(world.said)?.[1];
  await post(`${world.shopUrl}/api/sign-in/code`, { phoneNumber: phoneNumber ?? '' });
  let code: string | undefined;
  await waitUntil(async () => {
    const texts = (await (await fetch(`${world.smsUrl}/messages`)).json()) as { text: string }[];
    code = /\d{3} ?\d{3}/.exec(texts[0]?.text ?? '')?.[0];
    return code !== undefined;
  }, 20_000);
  const { body } = await post(`${world.shopUrl}/api/sign-in`, { phoneNumber: phoneNumber ?? '', code: code ?? '' });
  const added = await post(`${world.shopUrl}/api/webhooks`, { url, events: ['*'] }, { authorization: `Bearer ${body.token}` });
  return added.body.secret ?? '';
}

const settings = () => ({ PATH: process.env.PATH, MALIPO_URL: world.shopUrl, MALIPO_KEY: world.operatorKey, WEBHOOK_SECRET: secret });

async function startShop(port: number): Promise<void> {
  server = spawn(process.execPath, ['express/server.mjs'], { cwd: shop, env: { ...settings(), PORT: String(port) } });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (text: Buffer) => (printed += text));
  await waitUntil(() => printed.includes('listening') || server.exitCode !== null, 20_000);
  expect(printed).toContain('listening');
}

/** The customer enters their PIN, or does something else. */
async function answer(paymentId: string, answered: object = { pin: '1234' }): Promise<void> {
  const { reference } = await malipo.payments.read(paymentId);
  const prompts = (await (await fetch(`${world.simulatorUrl}/simulator/prompts`)).json()) as Record<string, string>[];
  const id = prompts.findLast(({ accountReference }) => accountReference === reference)?.checkoutRequestId;
  await fetch(`${world.simulatorUrl}/simulator/prompts/${id}/answer`, { method: 'POST', body: JSON.stringify(answered) });
}

describe('what is packed', { timeout: 60_000 }, () => {
  test('is what a shop needs, and nothing more', () => {
    const files = readdirSync(within(), { recursive: true, encoding: 'utf8' }).filter((name) => statSync(within(name)).isFile());
    const modules = readdirSync(path.join(ROOT, 'client/src')).map((name) => path.basename(name, '.ts'));
    const built = modules.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
    expect(files.sort()).toEqual(['LICENSE', 'README.md', 'package.json', ...built].sort());
    expect(statSync(path.join(folder, tarball)).size).toBeLessThan(24_000);
  });

  test('has no dependencies, the version of the whole, and cannot be published', () => {
    const own = JSON.parse(readFileSync(within('package.json'), 'utf8')) as Record<string, unknown>;
    const whole = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(own).toMatchObject({ name: 'malipo', version: whole.version, private: true });
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies'])
      expect(own[kind]).toBeUndefined();
    expect(readdirSync(path.join(shop, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['express', 'malipo']);
  });

  test('has types for a strict compiler, and the Next example fits them', async () => {
    const file = path.join(shop, 'strict.ts');
    writeFileSync(
      file,
      `import { createMalipo, verifyWebhook } from 'malipo';
      const { payments } = createMalipo({ url: 'https://duka.example', key: 'mlp_x' });
      const waited = await payments.wait('id');
      export const undecided: 'pending' | 'unknown' | undefined = waited.decided ? undefined : waited.payment.status;
      const event = await verifyWebhook('', {}, 'whsec_');
      export const receipt: string | null = event.type === 'payment.paid' ? event.data.mpesaReceiptNumber : null;
      // @ts-expect-error whom to prompt is missing
      await payments.prompt({});`,
    );
    const routes = ['pay', 'malipo'].map((name) => path.join(shop, `next/app/${name}/route.ts`));
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--typeRoots'];
    const types = path.join(ROOT, 'node_modules/@types');
    await run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, types, file, ...routes], { cwd: shop });
  });
});

describe('in the local world the packed client', { timeout: 90_000 }, () => {
  test('prompts, waits until it is paid, and finds the payment in the list', async () => {
    const prompted = await malipo.payments.prompt({ phoneNumber: '0712345678', items: [{ sku: 'tea' }], metadata: { basket: 17 } });
    expect(prompted).toMatchObject({ status: 'pending', amount: 320 });
    const waiting = malipo.payments.wait(prompted.paymentId, { forMs: 60_000 });
    await answer(prompted.paymentId);
    const { decided, payment } = await waiting;
    expect(decided).toBe(true);
    expect(payment).toMatchObject({
      status: 'paid',
      amount: 320,
      metadata: { basket: 17 },
      mpesaReceiptNumber: expect.stringMatching(/^[A-Z0-9]{10}$/),
    });
    const listed: string[] = [];
    for await (const { paymentId } of malipo.payments.list({ status: 'paid', limit: 1 })) listed.push(paymentId);
    expect(listed).toContain(prompted.paymentId);
  });

  test('repeats a prompt with its key: the customer is prompted once', async () => {
    const input = { phoneNumber: '0733000111', items: [{ sku: 'tea' }] };
    const options = { idempotencyKey: crypto.randomUUID() };
    const [first, second] = [await malipo.payments.prompt(input, options), await malipo.payments.prompt(input, options)];
    expect(second.paymentId).toBe(first.paymentId);
    const prompts = (await (await fetch(`${world.simulatorUrl}/simulator/prompts`)).json()) as Record<string, string>[];
    expect(prompts.filter(({ accountReference }) => accountReference === first.reference)).toHaveLength(1);
    expect(await malipo.payments.wait(first.paymentId, { forMs: 10 })).toMatchObject({ decided: false, payment: { status: 'pending' } });
    await answer(first.paymentId, { outcome: 'cancelled' });
    expect(await malipo.payments.wait(first.paymentId, { forMs: 60_000 })).toMatchObject({
      ...{ decided: true, payment: { status: 'failed', failureReason: 'cancelled' } },
    });
  });

  test('books, has the fee paid, and releases it', async () => {
    const { bookingId, amount } = await malipo.bookings.create({ sku: 'match', phoneNumber: '0722111444', externalReference: 'match-3' });
    expect(amount).toBe(1_000);
    await malipo.payments.prompt({ phoneNumber: '0722111444', bookingId });
    await answer(bookingId);
    expect(await malipo.payments.wait(bookingId, { forMs: 60_000 })).toMatchObject({ decided: true, payment: { status: 'paid' } });
    await waitUntil(async () => (await malipo.bookings.read(bookingId)).state === 'matching', 20_000);
    expect(await malipo.bookings.decide(bookingId, { action: 'release', to: 'income' })).toMatchObject({
      state: 'released',
      income: 1_000,
    });
    await expect(malipo.bookings.decide(bookingId, { action: 'refund' })).rejects.toMatchObject({
      ...{ name: 'MalipoError', code: 'booking_decided', status: 409, remedy: 'Nothing: a booking is decided once.' },
      requestId: expect.any(String),
    });
  });

  test('asks for a payout and for a refund, which wait for a person', async () => {
    const { payoutId } = await malipo.payouts.request({ amount: 100, reason: 'Delivery', phoneNumber: '0711222333' });
    expect(await malipo.payouts.find(payoutId)).toMatchObject({ payoutId, state: 'requested', amount: 100 });
    for await (const { paymentId } of malipo.payments.list({ status: 'paid', type: 'order' })) {
      const refund = await malipo.refunds.request({ paymentId, amount: 20, reason: 'One bag was torn' });
      expect(await malipo.payouts.find(refund.payoutId)).toMatchObject({ kind: 'refund', state: 'requested' });
      break;
    }
    const states = [];
    for await (const { state } of malipo.payouts.list({ limit: 1 })) states.push(state);
    expect(states).toEqual(['requested', 'requested']);
  });

  test('reads the price list and whether the site is well, and says what is wrong with a key', async () => {
    expect((await malipo.items()).map(({ sku }) => sku)).toContain('tea');
    expect(await malipo.health()).toHaveProperty('status');
    expect(await malipo.send('GET', '/api/reports/pending')).toBeTypeOf('object');
    const { createMalipo } = (await import(pathToFileURL(within('dist/index.js')).href)) as Packed;
    const stranger = createMalipo({ url: world.shopUrl, key: 'mlp_nobody' });
    await expect(stranger.payouts.find(crypto.randomUUID())).rejects.toMatchObject({ code: 'unauthorized', status: 401 });
  });
});

describe('the Express example', { timeout: 90_000 }, () => {
  const order = async (id: string) => (await (await fetch(`${shopUrl}/orders/${id}`)).json()) as Record<string, unknown>;

  test('takes an order, and learns by a verified webhook that it was paid', async () => {
    const { status, body } = await post(`${shopUrl}/orders/order-17/pay`, { phoneNumber: '0700 111 222' });
    expect([status, body]).toEqual([202, { paymentId: expect.any(String), says: expect.any(String) }]);
    await answer(body.paymentId ?? '');
    await waitUntil(async () => (await order('order-17')).status === 'paid', 30_000);
    expect(await order('order-17')).toEqual({ paymentId: body.paymentId, status: 'paid', proved: true });
    expect(printed).toContain('payment.paid order-17 paid');
    expect(printed).not.toContain('Not believed');
    expect(await post(`${shopUrl}/orders/order-17/pay`, { phoneNumber: '0700 111 222' })).toMatchObject({
      status: 409,
      body: { code: 'already_paid' },
    });
  });

  test('believes no forged and no old webhook', async () => {
    const body = JSON.stringify({
      id: 'x',
      type: 'payment.paid',
      data: { object: 'payment', externalReference: 'order-18', status: 'paid' },
    });
    const by = (text: string) => ({ secret: text, earlierSecret: null, earlierUntil: null });
    const forged = signEvent(by(`whsec_${btoa('x'.repeat(32))}`), 'x', body, new Date());
    const old = signEvent(by(secret), 'x', body, new Date(Date.now() - 6 * 60_000));
    for (const headers of [forged, old]) expect((await post(`${shopUrl}/malipo`, body, headers)).status).toBe(401);
    expect((await post(`${shopUrl}/malipo`, `${body} `, signEvent(by(secret), 'x', body, new Date()))).status).toBe(401);
    expect(await order('order-18')).toEqual({ status: 'not heard of' });
    for (const reason of ['forged', 'too_old']) expect(printed).toContain(`Not believed: ${reason}`);
  });
});

test('the Next example prompts, and believes only what is signed', { timeout: 60_000 }, async () => {
  const body = JSON.stringify({
    id: 'x',
    type: 'payment.paid',
    data: { object: 'payment', externalReference: 'order-19', status: 'paid', proved: true },
  });
  const headers = signEvent({ secret, earlierSecret: null, earlierUntil: null }, 'x', body, new Date());
  const calls = `
    const [{ POST: pay, GET: read }, { POST: told }] = [await import('./next/app/pay/route.ts'), await import('./next/app/malipo/route.ts')];
    const asked = (body, headers) => new Request('http://shop.example/', { method: 'POST', body, headers });
    const prompted = await pay(asked(JSON.stringify({ phoneNumber: '0799 000 111', orderId: 'order-19' })));
    const { paymentId } = await prompted.json();
    const { status } = await (await read(new Request('http://shop.example/pay?paymentId=' + paymentId))).json();
    const headers = ${JSON.stringify(headers)};
    const [taken, forged] = [await told(asked(${JSON.stringify(body)}, headers)), await told(asked('{}', headers))];
    console.log(JSON.stringify([prompted.status, status, taken.status, forged.status]));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', calls], { cwd: shop, env: settings() });
  expect(stdout).toContain('order-19 is paid, proved');
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([202, 'pending', 204, 401]);
});
