import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENTS } from '#desk/webhooks/events.ts';
import { newSecret, signEvent } from '#desk/webhooks/sign-event.ts';

const page = readFileSync('docs/webhooks.md', 'utf8');
const [, example = ''] = /```js\n([\s\S]*?)\n```/.exec(page) ?? [];

const secret = newSecret();
const folder = mkdtempSync(path.join(tmpdir(), 'malipo-receiver-'));
let receiver: ChildProcess;
let url: string;
let printed = '';

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/malipo`;
  const file = path.join(folder, 'receive.mjs');
  writeFileSync(file, example);
  receiver = spawn(process.execPath, [file], { env: { PATH: process.env.PATH, WEBHOOK_SECRET: secret, PORT: String(port) } });
  await new Promise<void>((ready, failed) => {
    receiver.once('exit', () => failed(new Error(`The example has ended: ${printed}`)));
    for (const stream of [receiver.stdout, receiver.stderr])
      stream?.on('data', (text: Buffer) => {
        printed += text;
        if (printed.includes('listening')) ready();
      });
  });
});
afterAll(() => {
  receiver.kill();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

type Sent = { id?: string; body?: string; by?: string; earlier?: string; at?: Date; changes?: Record<string, string> };

/** Sends an event as we sign it, changed as it is told to be; the status of the answer. */
async function sent({
  id = crypto.randomUUID(),
  body = bodyOf(id),
  by = secret,
  earlier,
  at = new Date(),
  changes = {},
}: Sent = {}): Promise<number> {
  const secrets = { secret: by, earlierSecret: earlier ?? null, earlierUntil: earlier ? new Date(at.getTime() + 60_000) : null };
  const headers = { ...signEvent(secrets, id, bodyOf(id), at), ...changes };
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

const bodyOf = (id: string) =>
  JSON.stringify({ id, type: 'payment.paid', data: { object: 'payment', status: 'paid', metadata: { note: 'ahsante ☕' } } });
const minutesAway = (minutes: number) => new Date(Date.now() + minutes * 60_000);

test('the example takes what we sign, works each event once, and takes a copy of it calmly', async () => {
  const id = crypto.randomUUID();
  expect([await sent({ id }), await sent({ id })]).toEqual([204, 204]);
  await expect.poll(() => printed.match(/payment\.paid payment paid/g)?.length).toBe(1);
  expect([await sent({ at: minutesAway(-4) }), await sent({ at: minutesAway(4) })]).toEqual([204, 204]);
});

test('the example takes what bears two signatures, by either secret', async () => {
  expect([await sent({ by: newSecret(), earlier: secret }), await sent({ earlier: newSecret() })]).toEqual([204, 204]);
});

test.each<[string, Sent]>([
  ['signed with another secret', { by: newSecret() }],
  ['signed with two others', { by: newSecret(), earlier: newSecret() }],
  ['old', { at: minutesAway(-6) }],
  ['from the future', { at: minutesAway(6) }],
  ['with another body', { body: bodyOf('another') }],
  ['with another id', { changes: { 'webhook-id': 'another' } }],
  ['with a newer time than was signed', { at: minutesAway(-6), changes: { 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) } }],
  ['without a time', { changes: { 'webhook-timestamp': '' } }],
  ['with a time that is none', { changes: { 'webhook-timestamp': 'now' } }],
  ['without a signature', { changes: { 'webhook-signature': '' } }],
  ['with half a signature', { changes: { 'webhook-signature': 'v1,' } }],
  ['with a signature of another kind', { changes: { 'webhook-signature': 'v1a,AAAA' } }],
])('the example refuses what is %s', async (_, what) => {
  expect(await sent(what)).toBe(401);
});

test('the page names every type of event in the words of the code', () => {
  for (const [type, says] of Object.entries(EVENTS)) expect(page).toContain(`| \`${type}\` | ${says} |`);
});
