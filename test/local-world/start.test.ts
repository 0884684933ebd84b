import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDatabase } from '../../dev/world/prepare-database.ts';
import { compareBooks } from '../../dev/world/read-books.ts';
import { end, runCommand, type Started, startWorld, survivors, waitUntil } from './spawn.ts';

const parent = mkdtempSync(path.join(tmpdir(), 'malipo world ')); // a path with spaces, as on many desktops
const dir = path.join(parent, 'local');
let world: Started;
beforeAll(async () => {
  world = await startWorld(dir);
}, 120_000);
afterAll(async () => {
  if (world.child.exitCode === null && world.child.signalCode === null) await end(world, 'SIGTERM');
  rmSync(parent, { recursive: true, force: true });
});

const read = async (url: string, headers = {}) => (await fetch(url, { headers })).json() as Promise<Record<string, never>>;

async function push(body: object, headers: Record<string, string> = {}): Promise<Record<string, never>> {
  const response = await fetch(`${world.shopUrl}/api/payments/stk-push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, never>;
}

async function answer(reference: string, answered: object): Promise<void> {
  const prompts = (await (await fetch(`${world.simulatorUrl}/simulator/prompts`)).json()) as {
    accountReference: string;
    checkoutRequestId: string;
  }[];
  const prompt = prompts.find(({ accountReference }) => accountReference === reference);
  await fetch(`${world.simulatorUrl}/simulator/prompts/${prompt?.checkoutRequestId}/answer`, {
    method: 'POST',
    body: JSON.stringify(answered),
  });
}

async function statusBecomes(paymentId: string, status: string): Promise<Record<string, never>> {
  let seen: Record<string, never> = {};
  await waitUntil(async () => {
    seen = await read(`${world.shopUrl}/api/payments/${paymentId}`);
    return seen.status === status;
  }, 10_000);
  return seen;
}

/** What M-PESA moved in shillings, and whether the books say the same with nothing left in clearing. */
async function books(): Promise<{ moved: number; agree: boolean; clearingCents: bigint }> {
  const truth = (await read(`${world.simulatorUrl}/simulator/truth`)) as unknown as { receivedCents: string; sentCents: string };
  const moved = (Number(truth.receivedCents) - Number(truth.sentCents)) / 100;
  return { moved, ...(await withDatabase(world.databaseUrl, (db) => compareBooks(db, truth))) };
}

let paid: Record<string, never>;
let invoiceSubject = '';

test('what the database could not take would be kept: the functions have Blobs', async () => {
  await waitUntil(async () => String((await read(`${world.shopUrl}/api/health`)).status) === 'ok', 20_000); // the first minute ends
  expect(await read(`${world.shopUrl}/api/health`)).toMatchObject({ status: 'ok', reasons: [], keepsElsewhere: true });
});

describe('a world that runs', () => {
  test('serves the shop with its own pages named', async () => {
    const page = await fetch(`${world.shopUrl}/`);
    expect(await page.text()).toContain('shop.js');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await read(`${world.shopUrl}/local.json`)).toEqual({ inbox: world.inboxUrl, handset: `${world.simulatorUrl}/handset` });
    expect((await fetch(`${world.shopUrl}/nothing-here`)).status).toBe(404);
  });

  test('a payment that was cancelled is tried again inside itself, paid, and mailed', async () => {
    const first = await push({ phoneNumber: '0712345678', items: [{ sku: 'tea' }], email: 'wanjiku@example.com' });
    await answer(first.reference ?? '', { outcome: 'cancelled' });
    expect(await statusBecomes(first.paymentId ?? '', 'failed')).toMatchObject({ failureReason: 'cancelled' });
    const second = await push({ phoneNumber: '0712345678', paymentId: first.paymentId });
    expect(second).toMatchObject({ paymentId: first.paymentId, status: 'pending', amount: 320 });
    await answer(second.reference ?? '', { pin: '1234' });
    paid = await statusBecomes(first.paymentId ?? '', 'paid');
    expect(paid).toMatchObject({ status: 'paid', amount: 320 });
    let mails: { subject: string }[] = [];
    await waitUntil(async () => {
      mails = (await (await fetch(`${world.inboxUrl}/messages`)).json()) as typeof mails;
      return mails.length > 0;
    }, 10_000);
    expect(mails).toHaveLength(1);
    invoiceSubject = mails[0]?.subject ?? '';
  });

  test('the treasurer whom it names signs in with the code in the SMS inbox', async () => {
    const post = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${world.shopUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await response.json()) as Record<string, never>;
    };
    const phoneNumber = world.treasurerPhone;
    await post('/api/sign-in/code', { phoneNumber });
    let texts: { text: string }[] = [];
    await waitUntil(async () => {
      texts = (await (await fetch(`${world.smsUrl}/messages`)).json()) as typeof texts;
      return texts.length > 0;
    }, 10_000);
    const code = /\d{3} ?\d{3}/.exec(texts[0]?.text ?? '')?.[0];
    expect(await post('/api/sign-in', { phoneNumber, code })).toMatchObject({ role: 'treasurer' });
  });

  test('a page on a named origin may ask, and no other', async () => {
    const ask = (origin: string, method = 'GET') =>
      fetch(`${world.shopUrl}/api/payments/${method === 'GET' ? paid.paymentId : 'stk-push'}`, {
        method,
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type, idempotency-key' },
      });
    const named = await ask('http://localhost:5173');
    expect(named.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await ask('http://localhost:5173', 'OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    const refused = await ask('https://evil.example', 'OPTIONS');
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect(refused.headers.get('access-control-allow-headers')).toBeNull();
  });

  test('a second start in the same folder says that it runs already, and changes nothing', async () => {
    const second = await runCommand('dev/start.ts', ['--dir', dir, '--fresh']);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`It runs already, with the shop at ${world.shopUrl}`) });
    expect(await read(`${world.shopUrl}/api/payments/${paid.paymentId}`)).toMatchObject({ status: 'paid' });
  });

  test('the secrets are for their owner only', () => {
    for (const name of ['secrets.json', 'commands.env']) expect(statSync(path.join(dir, name)).mode & 0o777).toBe(0o600);
  });

  test('a command of an operator runs in it, as its own words say: a statement of the portal is imported', async () => {
    const response = await fetch(`${world.simulatorUrl}/simulator/statements`, { method: 'POST', body: '{"format":"xls"}' });
    const { base64 } = (await response.json()) as { base64: string };
    const file = path.join(parent, 'statement.xls');
    writeFileSync(file, Buffer.from(base64, 'base64'));
    const settings = parseEnv(readFileSync(path.join(dir, 'commands.env'), 'utf8')) as Record<string, string>;
    const imported = await runCommand('dev/statement.ts', [file, '--as', world.treasurerPhone.replaceAll(' ', '')], settings);
    expect(imported).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('sign') });
  });

  test('a workbook that is sent as the documents say is read as it was sent', async () => {
    const made = await fetch(`${world.simulatorUrl}/simulator/statements`, { method: 'POST', body: '{"format":"xlsx"}' });
    const { base64 } = (await made.json()) as { base64: string };
    const headers = { authorization: `Bearer ${world.operatorKey}`, 'content-type': 'application/octet-stream' };
    const body = Buffer.from(base64, 'base64');
    const sent = await fetch(`${world.shopUrl}/api/statements?fileName=sent.xlsx`, { method: 'POST', headers, body });
    const { statementId } = (await sent.json()) as { statementId: string };
    let read: Record<string, unknown> = {};
    await waitUntil(async () => {
      read = (await (await fetch(`${world.shopUrl}/api/statements/${statementId}`, { headers })).json()) as typeof read;
      return !['waiting', 'reading', 'matching'].includes(String(read.state));
    }, 20_000);
    expect(read).toMatchObject({ state: 'matched', shortcode: '174379' });
  });

  test('a setting that is for a deployment is not dropped without a word, and one that is not works: the pull', async () => {
    const other = path.join(parent, 'other');
    const second = await startWorld(other, [], {
      MPESA_PULL: 'on',
      MPESA_TRANSACTION_TYPE: 'till',
      MPESA_TILL_NUMBER: '654321',
      SENDGRID_API_KEY: 'SG.x',
    });
    try {
      expect(second.said).toContain('Not used here, since they are for a deployment: SENDGRID_API_KEY.');
      expect(await read(`${second.shopUrl}/api/health`)).toMatchObject({ proof: 'by status, pull, statement' });
      const registered = await withDatabase(second.databaseUrl, (db) =>
        db.execute(sql`select from audit where action = 'pull_registered'`),
      );
      expect(registered.rows).toHaveLength(1);
      const truth = JSON.stringify(await read(`${second.simulatorUrl}/simulator/truth`));
      expect(truth).not.toContain('SG.x');
      const paid = await fetch(`${second.simulatorUrl}/simulator/pay-bill`, {
        method: 'POST',
        body: JSON.stringify({ phone: '254712345678', amountShillings: 50, shortcode: '654321', account: '' }),
      });
      expect([paid.status, await paid.text()]).toEqual([200, expect.stringContaining('receipt')]);
    } finally {
      await end(second, 'SIGTERM');
    }
  }, 120_000);
});

describe('a world that ends', () => {
  test('SIGTERM ends it with 0 and leaves no process; the next start has the same data, key and books', { timeout: 180_000 }, async () => {
    const { operatorKey, family } = world;
    expect(family.length).toBeGreaterThan(3);
    expect(await end(world, 'SIGTERM')).toBe(0);
    expect(await survivors(family)).toEqual([]);

    world = await startWorld(dir);
    expect(world.operatorKey).toBe(operatorKey);
    const { payments } = await read(`${world.shopUrl}/api/payments?status=paid`, { authorization: `Bearer ${operatorKey}` });
    expect(payments).toHaveLength(1);
    expect(await read(`${world.shopUrl}/api/payments/${paid.paymentId}`)).toMatchObject({ mpesaReceiptNumber: paid.mpesaReceiptNumber });
    const mails = (await (await fetch(`${world.inboxUrl}/messages`)).json()) as { subject: string }[];
    expect(mails.filter(({ subject }) => subject === invoiceSubject)).toHaveLength(1); // beside what staff are alerted of
    const gift = await push({ phoneNumber: '0733000111', items: [{ sku: 'harambee', amount: 75 }], type: 'donation' });
    await answer(gift.reference ?? '', { pin: '1234' });
    await statusBecomes(gift.paymentId ?? '', 'paid');
    await waitUntil(async () => (await books()).clearingCents === 0n, 5_000);
    const events = (await (await fetch(`${world.simulatorUrl}/simulator/events`)).json()) as { text: string }[];
    expect(events.map(({ text }) => text)).toContainEqual(expect.stringContaining(`URLs were registered for 174379: ${world.shopUrl}/`));
    expect(await books()).toMatchObject({ moved: 395, agree: true, clearingCents: 0n });
  });

  test('kill -9 leaves no process', { timeout: 60_000 }, async () => {
    const { family } = world;
    await end(world, 'SIGKILL');
    expect(await survivors(family)).toEqual([]);
  });
});

describe('a start that cannot be', () => {
  test('a port that was asked for and is taken is said', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((ready) => taken.once('listening', ready));
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await runCommand('dev/start.ts', ['--dir', path.join(parent, 'other'), '--port', String(port)]);
    taken.close();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`Port ${port} is taken`) });
  });

  test('the sandbox needs keys and a public address, and never takes the keys of production', async () => {
    const none = await runCommand('dev/start.ts', ['--sandbox']);
    expect(none.code).toBe(1);
    for (const name of ['MPESA_CONSUMER_KEY is missing', 'MPESA_CONSUMER_SECRET is missing', '--public-url is missing'])
      expect(none.stderr).toContain(name);
    const account = { MPESA_CONSUMER_KEY: 'key', MPESA_CONSUMER_SECRET: 'secret' };
    const live = await runCommand('dev/start.ts', ['--sandbox', '--public-url', 'https://x.example'], {
      ...account,
      MPESA_ENV: 'production',
    });
    expect(live).toMatchObject({ code: 1, stderr: expect.stringContaining('MPESA_ENV is production') });
    const plain = await runCommand('dev/start.ts', ['--sandbox', '--public-url', 'http://x.example'], account);
    expect(plain).toMatchObject({ code: 1, stderr: expect.stringContaining('--public-url takes an address like https://') });
  });
});
