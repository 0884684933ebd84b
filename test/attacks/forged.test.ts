import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { newId } from '#ground/db/columns.ts';
import { statusOf } from '../world/checkout.ts';
import { startWorld, testKey, type World } from '../world/world.ts';
import { changed, imprint } from './imprint.ts';
import { waitingPrompt } from './waiting-prompt.ts';

const PATH = '/api/callbacks/stk/';
const OLD_KEY = createSecretKey(Buffer.alloc(32, 'o'));
const REMOVED_KEY = createSecretKey(Buffer.alloc(32, 'r'));

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { CALLBACK_TOKEN_KEY: `${testKey('t')},${testKey('o')}` } });
});
afterAll(() => world.stop());

/** A prompt that waits, its callback's secret, and the body that would make it paid. */
let waiting: { paymentId: string; attemptId: string; token: string; body: string };
beforeEach(async () => {
  waiting = await prompted();
});

async function prompted() {
  const { paymentId, attemptId, path, paidBody } = await waitingPrompt(world);
  return { paymentId, attemptId, token: path.slice(PATH.length), body: paidBody };
}

const tokenOf = (id: string, mac: Buffer) => Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), mac]).toString('base64url');

/** So many in a minute are a burst, which goes to the error log once. */
const BURST = 10;

/** Posts to each address: all must look like an unknown path, and nothing may have reached the database but that there was a burst. */
async function attack(paths: string[], body = waiting.body): Promise<void> {
  const before = await imprint(world.database);
  await world.database.resetRoundTrips();
  for (const path of paths) {
    const response = await world.send('POST', path, { body });
    expect([path, response.status, await response.text()]).toEqual([path, 404, 'Not Found']);
  }
  expect(await world.database.roundTrips()).toBeLessThanOrEqual(paths.length < BURST ? 0 : 1);
  const after = await imprint(world.database);
  expect(changed(before, after).filter((table) => table !== 'failures')).toEqual([]);
  expect(await statusOf(world, waiting.paymentId)).toMatchObject({ status: 'pending' });
}

test('a callback without a token, with a short, a long or a mangled one changes nothing and never reaches the database', async () => {
  const { token } = waiting;
  await attack(
    [
      '',
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      token.slice(0, 22),
      token.repeat(50),
      `%20${token}`,
      `${token}%00`,
      `${token}/x`,
      'undefined',
    ].map((wrong) => PATH + wrong),
  );
});

test('a token with any single bit flipped is worth nothing', async () => {
  const bytes = Buffer.from(waiting.token, 'base64url');
  const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return PATH + copy.toString('base64url');
  });
  await attack(flipped);
});

test('a token in another spelling of the same bytes is worth nothing', async () => {
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spellings = [...last].map((character) => waiting.token.slice(0, -1) + character).filter((other) => other !== waiting.token);
  await attack(spellings.map((other) => PATH + other));
});

test("another payment's proof does not open this one", async () => {
  const other = await prompted();
  const mac = (token: string) => Buffer.from(token, 'base64url').subarray(16);
  await attack([PATH + tokenOf(waiting.attemptId, mac(other.token)), PATH + tokenOf(waiting.attemptId, randomBytes(16))]);
  await attack([PATH + tokenOf(newId(), mac(waiting.token))]);
});

test('the right ids in the body, the query or a header do not replace the token in the path', async () => {
  const wrong = PATH + tokenOf(waiting.attemptId, randomBytes(16));
  const { token, attemptId, paymentId } = waiting;
  await attack([`${wrong}?token=${token}`, `${wrong}?attemptId=${attemptId}&paymentId=${paymentId}`, `${PATH}?token=${token}`]);
  const response = await world.send('POST', wrong, { body: waiting.body, headers: { authorization: `Bearer ${token}`, 'x-token': token } });
  expect(response.status).toBe(404);
});

test('what a valid path settles is its own attempt, whatever the query says', async () => {
  const other = await prompted();
  await world.send('POST', `${PATH}${waiting.token}?token=${other.token}&attemptId=${other.attemptId}&paymentId=${other.paymentId}`, {
    body: waiting.body,
  });
  expect(await statusOf(world, waiting.paymentId)).toMatchObject({ status: 'paid' });
  expect(await statusOf(world, other.paymentId)).toMatchObject({ status: 'pending' });
});

test('a key that was rotated still opens late callbacks, one that was removed does not', async () => {
  await attack([PATH + makeCallbackToken([REMOVED_KEY], 'stk', waiting.attemptId)]);
  const late = await world.send('POST', PATH + makeCallbackToken([OLD_KEY], 'stk', waiting.attemptId), { body: waiting.body });
  expect(late.status).toBe(200);
  expect(await statusOf(world, waiting.paymentId)).toMatchObject({ status: 'paid' });
});

test('a token made for another kind of callback is none of this one', async () => {
  const keys = world.app.config.callback.tokenKeys;
  const kinds = ['c2b', 'b2c', 'reversal', 'transaction-status', 'account-balance'] as const;
  await attack(kinds.map((kind) => PATH + makeCallbackToken(keys, kind, waiting.attemptId)));
});

test('nobody can tell a known attempt from an unknown one', async () => {
  const seen = async (token: string) => {
    const response = await world.send('POST', PATH + token, { body: waiting.body });
    return { status: response.status, headers: [...response.headers], body: await response.text() };
  };
  const known = await seen(tokenOf(waiting.attemptId, randomBytes(16)));
  expect(await seen(tokenOf(newId(), randomBytes(16)))).toEqual(known);
  expect(await seen('short')).toEqual(known);
});
