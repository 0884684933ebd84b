import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { checkAddress } from '#ground/outbound/check-address.ts';
import { guardedFetch } from '#ground/outbound/guarded-fetch.ts';
import { resolveBy } from '#ground/outbound/resolve-host.ts';

const RULES = { allowsLoopback: false, ownHost: 'shop.example' };
const A = 1;

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

/** A name server that says this address of every name, or is silent. */
async function nameServer(says?: string): Promise<string[]> {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', (asked, from) => says && socket.send(answerTo(asked, says), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return [`127.0.0.1:${socket.address().port}`];
}

/** The answer to a question for an address of IPv4; to one for IPv6, that there is none. */
function answerTo(asked: Buffer, address: string): Buffer {
  const isFour = asked.readUInt16BE(asked.indexOf(0, 12) + 1) === A;
  const question = asked.subarray(12, asked.indexOf(0, 12) + 5);
  const head = Buffer.from([asked[0] ?? 0, asked[1] ?? 0, 0x81, 0x80, 0, 1, 0, isFour ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([head, question, ...(isFour ? [record] : [])]);
}

test('a name is asked for at the name servers, and what they say is what is checked', async () => {
  const url = new URL('https://hooks.example.org/');
  expect(await checkAddress(RULES, url, resolveBy(await nameServer('8.8.4.4')))).toEqual([{ address: '8.8.4.4', family: 4 }]);
  await expect(checkAddress(RULES, url, resolveBy(await nameServer('10.0.0.7')))).rejects.toMatchObject({ reason: 'address_refused' });
});

test('names of this machine are asked for at no server, and are allowed in the local world alone', async () => {
  const resolve = resolveBy(await nameServer('8.8.4.4'));
  for (const host of ['localhost', 'a.localhost'])
    await expect(checkAddress(RULES, new URL(`https://${host}/`), resolve)).rejects.toMatchObject({ reason: 'address_refused' });
  const local = await checkAddress({ ...RULES, allowsLoopback: true }, new URL('http://localhost:1/'), resolve);
  expect(local.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
});

test('many names whose server is silent hold up nothing else, and end within their time', async () => {
  const resolve = resolveBy(await nameServer());
  const calls = Array.from({ length: 20 }, (_, n) =>
    guardedFetch(RULES, `https://n${n}.example.org/`, { timeoutMs: 1_000 }, resolve).catch(({ reason }: { reason: string }) => reason),
  );
  const began = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => stat('.')));
  expect(performance.now() - began).toBeLessThan(500);
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['too_slow']));
});

test('a name server that is silent is given up by itself', async () => {
  const began = performance.now();
  await expect(checkAddress(RULES, new URL('https://a.example.org/'), resolveBy(await nameServer()))).rejects.toMatchObject({
    reason: 'not_reached',
  });
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('nothing of ours looks names up on the threads of the process', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const lookups = files.filter((file) =>
    /import \{[^}]*\blookup\b[^}]*\} from 'node:dns|\bdns\w*\.lookup\(/.test(readFileSync(`src/${file}`, 'utf8')),
  );
  expect(lookups).toEqual([]);
});
