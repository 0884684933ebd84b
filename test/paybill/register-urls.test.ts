import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { subjectOfToken } from '#ground/callback-tokens/callback-token.ts';
import { isRegistrable } from '#mpesa/daraja/c2b-register.ts';
import { paybillUrls } from '#mpesa/paybill/paybill-address.ts';
import { runRegisterUrls } from '../../dev/register-urls.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { noticeBody, payBill, register } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('an administrator registers the addresses, and Safaricom then tells of payments there', async () => {
  const response = await register(world);
  expect(await response.json()).toEqual({ shortcode: '174379', version: 'v2', responseType: 'Completed', registered: true });
  await payBill(world, { account: 'SHAMBA' });
  const [row] = await world.database.sql("select count(*)::int as n from deposits where source = 'c2b'");
  expect(row).toEqual({ n: 1 });
  const [audited] = await world.database.sql("select subject, after from audit where action = 'paybill_urls_registered'");
  expect(audited).toEqual({ subject: '174379', after: { version: 'v2', responseType: 'Completed' } });
});

test('version 1 makes notices show a hash in place of the phone', async () => {
  expect(await (await register(world, { version: 'v1' })).json()).toMatchObject({ version: 'v1' });
  expect((await register(world, { version: 'v3' })).status).toBe(400);
});

test('nobody without the right registers', async () => {
  expect((await world.send('POST', '/api/paybill/register-urls', { body: {} })).status).toBe(401);
  const headers = await operator(world, 'deposits:match');
  expect((await world.send('POST', '/api/paybill/register-urls', { body: {}, headers })).status).toBe(403);
});

test('in production a second registration is refused, and the answer says what to do', async () => {
  world.simulator.control.switch({ c2bMode: 'production' });
  const response = await register(world);
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ code: 'urls_already_registered', detail: expect.stringContaining('URL Management') });
  world.simulator.control.switch({ c2bMode: 'sandbox' });
});

test('the command does the same, and says what it did or what is wrong', async () => {
  const said: string[] = [];
  const run = (...argv: string[]) =>
    runRegisterUrls(argv, { app: () => world.app, print: (text) => said.push(text), complain: (text) => said.push(text) });
  expect(await run('--v1')).toBe(0);
  expect(await run('--nonsense')).toBe(2);
  expect(await run('--help')).toBe(0);
  world.simulator.control.switch({ c2bMode: 'production' });
  expect(await run()).toBe(1);
  world.simulator.control.switch({ c2bMode: 'sandbox' });
  expect(said[0]).toContain('174379');
  expect(said.at(-1)).toContain('already');
});

test('a site whose name holds a refused word is told so before Safaricom is asked', async () => {
  const app = { ...world.app, config: { ...world.app.config, site: { url: 'https://mpesa-duka.example', origins: [], isPreview: false } } };
  const said: string[] = [];
  const outcome = await runRegisterUrls([], { app: () => app, print: () => undefined, complain: (text) => said.push(text) });
  expect([outcome, said.join()]).toEqual([1, expect.stringContaining('mpesa-duka')]);
});

test('whatever the key, the address holds no refused word and opens with that key', () => {
  const site = { url: 'https://duka.example', origins: [], isPreview: false };
  let moved = 0;
  for (let n = 0; n < 3_000; n += 1) {
    const tokenKeys = [createSecretKey(Buffer.alloc(32, `key ${n}`))];
    const { confirmationUrl } = paybillUrls({ callback: { ...world.app.config.callback, tokenKeys }, site });
    const token = confirmationUrl.split('/').at(-2) ?? '';
    expect(isRegistrable(confirmationUrl)).toBe(true);
    const subject = subjectOfToken(tokenKeys, 'c2b', token);
    expect(subject).toBeDefined();
    moved += subject?.endsWith('00') ? 0 : 1;
  }
  expect(moved).toBeGreaterThan(0); // some key's first token spelt a word
});

test('an address registered under an old key is heard while the key is kept', async () => {
  const { confirmationUrl } = paybillUrls(world.app.config);
  const { tokenKeys } = world.app.config.callback;
  world.app.config.callback.tokenKeys = [createSecretKey(Buffer.alloc(32, 'n')), ...tokenKeys];
  expect((await world.send('POST', new URL(confirmationUrl).pathname, { body: noticeBody() })).status).toBe(200);
  world.app.config.callback.tokenKeys = [createSecretKey(Buffer.alloc(32, 'n'))];
  expect((await world.send('POST', new URL(confirmationUrl).pathname, { body: noticeBody() })).status).toBe(404);
  world.app.config.callback.tokenKeys = tokenKeys;
});
