import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '#ground/config/config.ts';
import { addPerson } from '#people/people/manage-people.ts';
import { runApiKey } from '../../dev/api-key.ts';
import { runDoctor } from '../../dev/doctor.ts';
import { describeNewKeys, runNewKeys } from '../../dev/new-keys.ts';
import { runToken } from '../../dev/token.ts';
import { newPhone } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { goodEnvironment } from './patient.ts';

let world: World;
const folder = mkdtempSync(path.join(tmpdir(), 'malipo-going-live-'));

beforeAll(async () => {
  world = await startWorld({ blobs: true });
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

/** Collects what a command says. */
function paper() {
  const lines: string[] = [];
  const errors: string[] = [];
  return { lines, errors, print: (text: string) => void lines.push(text), complain: (text: string) => void errors.push(text) };
}

const working = (changes: Record<string, string> = {}) =>
  goodEnvironment({
    MPESA_BASE_URL: world.simulator.url,
    DATABASE_URL: world.database.url,
    SENDGRID_BASE_URL: world.inbox.url,
    SITE_URL: world.siteUrl,
    ...{ MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' },
    ...changes,
  });
const clock = { now: () => new Date() };

test('the doctor finds nothing to mend in a world that works, and exits with 0', async () => {
  const { lines, ...output } = paper();
  expect(await runDoctor([], { environment: working(), fetch, clock }, output), lines.join('\n')).toBe(0);
  expect(lines.join('\n')).toMatch(/Nothing to mend, 0 to think about, \d+ well\.$/);
});

test('the doctor exits with 1 when something fails, as JSON too, and says how to mend each thing', async () => {
  const { lines, ...output } = paper();
  const environment = working({ MPESA_CONSUMER_SECRET: 'another', SITE_ORIGIN: 'x', MPESA_SHORTCODE: '12' });
  expect(await runDoctor(['--json'], { environment, fetch, clock }, output)).toBe(1);
  const report = JSON.parse(lines.join('')) as { healthy: boolean; findings: { check: string; state: string; mend?: string }[] };
  expect(report.healthy).toBe(false);
  const failed = report.findings.filter(({ state }) => state === 'fail');
  expect(failed.map(({ check }) => check)).toEqual(['configuration', 'Safaricom']);
  for (const { state, mend } of report.findings) if (state !== 'ok') expect(mend).toMatch(/^\S.{10,}/);
});

test('no command prints a value of a secret, not even of a wrong one', async () => {
  const output = paper();
  const secrets = {
    MPESA_CONSUMER_KEY: 'canary-consumer-key',
    MPESA_CONSUMER_SECRET: 'canary-consumer-secret',
    MPESA_PASSKEY: 'canary-passkey',
    MPESA_CALLBACK_HMAC_SECRET: 'canary-hmac-secret',
    CALLBACK_TOKEN_KEY: 'canary-token-key',
    ENCRYPTION_KEYS: 'k1:canary-encryption-key',
    LOOKUP_KEY: 'canary-lookup-key',
    SESSION_SECRET: 'canary-session-secret',
    SENDGRID_API_KEY: 'SG.canary-sendgrid',
    DATABASE_URL: 'postgres://owner:canary-password@127.0.0.1:9/malipo',
    ALERT_WEBHOOK_URL: 'canary-webhook',
  };
  for (const environment of [working(secrets), { ...secrets }]) {
    await runDoctor([], { environment, fetch, clock, timeoutMs: 2_000 }, output);
    await runDoctor(['--json'], { environment, fetch, clock, timeoutMs: 2_000 }, output);
    await runToken([], { environment, fetch, clock, ...output });
  }
  const said = [...output.lines, ...output.errors].join('\n');
  expect(said.length).toBeGreaterThan(1_000);
  expect(said).not.toContain('canary');
});

test('the doctor reads a file of variables in place of the environment', async () => {
  const file = path.join(folder, 'live.env');
  writeFileSync(file, 'MPESA_ENV=sandbox\n');
  const { lines, ...output } = paper();
  expect(await runDoctor(['--file', file], { environment: working(), fetch, clock }, output)).toBe(1);
  expect(lines.join('\n')).toContain('MPESA_CONSUMER_KEY is missing');
});

test.each([['--jsn'], ['extra'], ['--file', 'no-such-file.env']])('the doctor answers %s with a usage text and 2', async (...argv) => {
  const { errors, ...output } = paper();
  expect(await runDoctor(argv, { environment: {}, fetch, clock }, output)).toBe(2);
  expect(errors.join('\n')).toContain('npm run doctor');
});

test('new keys are taken by the configuration, differ each time, and name the encryption key as asked', () => {
  const keys = parseEnv(describeNewKeys());
  expect(() => parseConfig(goodEnvironment(keys as Record<string, string>))).not.toThrow(ConfigError);
  expect(Object.keys(keys)).toEqual(['CALLBACK_TOKEN_KEY', 'ENCRYPTION_KEYS', 'LOOKUP_KEY', 'SESSION_SECRET']);
  expect(describeNewKeys()).not.toBe(describeNewKeys());
  const output = paper();
  expect(runNewKeys(['--id', 'k7'], output.print)).toBe(0);
  expect(output.lines[0]).toMatch(/^ENCRYPTION_KEYS=k7:/m);
  expect(runNewKeys(['--id', 'a-b'], output.print)).toBe(2);
  expect(runNewKeys(['--oops'], output.print)).toBe(2);
});

test('an API key works from when it is made until it is revoked, and both are on record', async () => {
  const say = async (...argv: string[]) => {
    const output = paper();
    const code = await runApiKey(argv, { db: () => world.app.db, clock: world.clock, ...output });
    return { code, text: [...output.lines, ...output.errors].join('\n') };
  };
  const ask = async (token: string) => (await world.send('GET', '/api/payments', { headers: { authorization: `Bearer ${token}` } })).status;

  const made = await say('create', '--name', 'Accountant', '--scopes', 'payments:read, items:write');
  const token = /^mlp_\S+/.exec(made.text)?.[0] ?? '';
  const id = / id is ([0-9a-f-]{36})/.exec(made.text)?.[1] ?? '';
  expect(made.code).toBe(0);
  expect(await ask(token)).toBe(200);

  const listed = await say('list');
  expect(listed.text).toMatch(new RegExp(`^${id}  2026-11-21  in use +payments:read,items:write  Accountant$`, 'm'));
  expect(listed.text).not.toContain(token.slice(-43));

  expect((await say('revoke', id)).code).toBe(0);
  expect(await ask(token)).toBe(401);
  expect((await say('revoke', id)).code).toBe(1);
  expect((await say('list')).text).toContain(`${id}  2026-11-21  revoked 2026-11-21`);
  const trail = await world.database.sql('select actor, action from audit where subject = $1 order by happened_at, id', [id]);
  expect(trail).toEqual([
    { actor: 'operator', action: 'api_key_created' },
    { actor: 'operator', action: 'api_key_revoked' },
  ]);
});

test('a key that may start money out has a maker of ours on record', async () => {
  const say = async (by: string) => {
    const output = paper();
    const argv = ['create', '--name', 'Shop', '--scopes', 'payouts:request', '--by', by];
    return { code: await runApiKey(argv, { db: () => world.app.db, clock: world.clock, ...output }), output };
  };
  const add = (role: 'member' | 'admin') =>
    addPerson(world.app.db, { phone: newPhone(), name: 'N', email: undefined, role }, { actor: 'test', now: world.clock.now() });
  const [admin, member] = [await add('admin'), await add('member')];
  for (const nobody of [member.id, crypto.randomUUID()]) expect((await say(nobody)).code).toBe(1);
  const { code, output } = await say(admin.id);
  const id = / id is ([0-9a-f-]{36})/.exec(output.lines.join())?.[1];
  expect(code).toBe(0);
  expect(await world.database.sql('select created_by from api_keys where id = $1', [id])).toEqual([{ created_by: `person:${admin.id}` }]);
});

test.each([
  [[], 'Say what to do'],
  [['destroy'], 'There is no command "destroy"'],
  [['create', '--scopes', 'payments:read'], 'Say who the key is for'],
  [['create', '--name', 'x'], 'Say what the key may do'],
  [['create', '--name', 'x', '--scopes', 'payments:read,root'], 'There is no scope root'],
  [['create', '--nam', 'x'], "Unknown option '--nam'"],
  [['create', '--name', 'x', '--scopes', 'payouts:request'], 'Say who makes a key that may start money out'],
  [['create', '--name', 'x', '--scopes', 'payments:read', '--by', 'Njeri'], '--by is the id of a person'],
  [['list', 'all'], 'Too much: all'],
  [['list', '--name', 'x'], '--name, --scopes and --by belong to create'],
  [['revoke'], 'Say which key'],
  [['revoke', '1; drop table api_keys'], 'Say which key'],
])('api-key %j is answered with a usage text, 2, and no look at the database', async (argv, says) => {
  const output = paper();
  const db = () => {
    throw new Error('The database was opened.');
  };
  expect(await runApiKey(argv, { db, clock, ...output })).toBe(2);
  expect(output.errors.join('\n')).toContain(says);
  expect(output.errors.join('\n')).toContain('npm run api-key -- list');
});

test('token says how long a token lives and shows four characters of it', async () => {
  const output = paper();
  expect(await runToken([], { environment: working(), fetch, clock, ...output })).toBe(0);
  expect(output.lines.join('\n')).toMatch(/gave the token \S{4}\.\.\. It lives 359\d seconds\.$/);
  expect(await runToken([], { environment: working({ MPESA_CONSUMER_KEY: 'other' }), fetch, clock, ...output })).toBe(1);
  expect(output.errors.join('\n')).toContain('wrong_credentials');
  expect(await runToken(['now'], { environment: working(), fetch, clock, ...output })).toBe(2);
});

test('the commands run from the shell, with their exit codes', () => {
  const run = (...argv: string[]) => spawnSync(process.execPath, argv, { env: { PATH: process.env.PATH }, encoding: 'utf8' });
  expect(run('dev/new-keys.ts').stdout).toMatch(/^CALLBACK_TOKEN_KEY=/);
  expect(run('dev/token.ts')).toMatchObject({ status: 1, stderr: expect.stringContaining('MPESA_ENV is missing') });
  expect(run('dev/api-key.ts', 'list')).toMatchObject({ status: 1, stderr: expect.stringContaining('DATABASE_URL is missing') });
  expect(run('dev/api-key.ts', 'oops').status).toBe(2);
  expect(run('dev/doctor.ts')).toMatchObject({ status: 1, stdout: expect.stringContaining('12 to mend') });
});
