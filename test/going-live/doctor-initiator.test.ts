import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSimulator } from '../../dev/daraja/simulator.ts';
import { checkB2cApp } from '../../dev/doctor/check-b2c-app.ts';
import { checkCertificate } from '../../dev/doctor/check-certificate.ts';
import { checkInitiator } from '../../dev/doctor/check-initiator.ts';
import { startWorld, testKey, type World } from '../world/world.ts';
import { goodEnvironment, patient, troubles } from './patient.ts';

const SIMULATORS = readFileSync('dev/daraja/certificate/simulator-certificate.pem', 'utf8');
const certificate = (name: string) => readFileSync(`test/going-live/certificates/${name}.pem`, 'utf8');

const initiator = (changes: Record<string, string | undefined> = {}) =>
  goodEnvironment({
    MPESA_INITIATOR_NAME: 'testapi',
    MPESA_INITIATOR_PASSWORD: 'Simulator2026!',
    MPESA_CERTIFICATE: SIMULATORS,
    ...changes,
  });

describe('the certificate', () => {
  test.each([
    ['is well', {}, []],
    ['on one line is well', { MPESA_CERTIFICATE: SIMULATORS.replaceAll('\n', '\\n') }, []],
    ['with a short key', { MPESA_CERTIFICATE: certificate('rsa-1024') }, [/^fail: .*1024 bits only/]],
    ['without an RSA key', { MPESA_CERTIFICATE: certificate('elliptic') }, [/^fail: .*holds no RSA key/]],
    [
      'for which the password is too long',
      { MPESA_INITIATOR_PASSWORD: 'canary'.repeat(60) },
      [/^fail: MPESA_INITIATOR_PASSWORD cannot be encrypted/],
    ],
  ])('%s', async (_, changes, says) => {
    const found = await troubles(checkCertificate, initiator(changes));
    expect(found).toEqual(says.map((each) => expect.stringMatching(each)));
    expect(found.join()).not.toContain('canary');
  });

  test('that ran out is well, and its day is noted', async () => {
    const clock = { now: () => new Date('2400-01-01T00:00:00Z') };
    const [found] = await checkCertificate(patient(initiator(), { clock }));
    expect(found).toMatchObject({ state: 'ok', says: expect.stringMatching(/It ran out on 2\d{3}-\d\d-\d\d,/) });
  });

  test('is not looked at where there is no initiator', async () => {
    expect(await checkCertificate(patient(goodEnvironment()))).toEqual([]);
  });
});

describe('the app for payouts', () => {
  const apart = { MPESA_B2C_CONSUMER_KEY: 'b2c-key', MPESA_B2C_CONSUMER_SECRET: 'b2c-secret' };
  const outside = { fetch, timeoutMs: 1_000 };

  test('that gives a token is well, and wrong keys are told by their own names', async () => {
    const simulator = await createSimulator({ b2cConsumerKey: 'b2c-key', b2cConsumerSecret: 'b2c-secret' });
    const own = { MPESA_BASE_URL: simulator.url, ...apart };
    expect(await checkB2cApp(patient(initiator(own), outside))).toEqual([
      expect.objectContaining({ check: 'app for payouts', state: 'ok' }),
    ]);
    const wrong = await checkB2cApp(patient(initiator({ ...own, MPESA_B2C_CONSUMER_SECRET: 'canary' }), outside));
    expect(wrong).toEqual([
      expect.objectContaining({
        check: 'app for payouts',
        state: 'fail',
        says: expect.stringContaining('MPESA_B2C_CONSUMER_KEY and MPESA_B2C_CONSUMER_SECRET'),
      }),
    ]);
    expect(JSON.stringify(wrong)).not.toContain('canary');
    await simulator.stop();
  });

  test('is not asked where it is the app for prompts', async () => {
    expect(await checkB2cApp(patient(initiator(), outside))).toEqual([]);
  });
});

describe('the initiator', () => {
  let world: World;
  let ticking: NodeJS.Timeout;
  beforeAll(async () => {
    world = await startWorld();
    // a database that nobody has claimed answers the sandbox and production
    await world.database.sql(
      'set session_replication_role = replica; delete from database_environment; set session_replication_role = origin',
    );
    ticking = setInterval(() => void world.clock.advance(1_000), 50);
  });
  afterAll(async () => {
    clearInterval(ticking);
    await world.stop();
  });
  const working = (changes: Record<string, string | undefined> = {}) =>
    initiator({
      MPESA_BASE_URL: world.simulator.url,
      CALLBACK_TOKEN_KEY: testKey('t'),
      ENCRYPTION_KEYS: `k1:${testKey('e')}`,
      LOOKUP_KEY: testKey('l'),
      DATABASE_URL: world.database.url,
      SITE_URL: world.siteUrl,
      ...changes,
    });
  const asked = () => world.simulator.control.requests().length;
  const production = {
    MPESA_ENV: 'production',
    MPESA_SHORTCODE: '600100',
    MPESA_PASSKEY: 'another',
    MPESA_BASE_URL: undefined,
    SITE_URL: 'https://duka.co.ke',
  };
  const first = async (changes = {}, more = {}) => (await checkInitiator(patient(working(changes), more)))[0];

  test('that nobody has asked for yet is not asked for in production', async () => {
    expect(await first(production)).toMatchObject({ state: 'ok', says: expect.stringContaining('--ask') });
    expect(asked()).toBe(0);
  });

  test('that is right is well, by asking for the balance', async () => {
    expect(await first()).toEqual({
      check: 'initiator',
      state: 'ok',
      says: expect.stringContaining('name, password, certificate and role are right'),
    });
    expect(asked()).toBe(1);
    expect(await first(production)).toMatchObject({ state: 'ok', says: expect.stringContaining('when it was last asked') });
    expect(asked()).toBe(1);
  });

  test.each([
    ['without the role', 'no-role', /lacks the role/],
    ['that is locked', 'initiator-locked', /has locked our initiator/],
  ] as const)('%s is told', async (_, outcome, words) => {
    world.simulator.control.plan({ api: 'accountbalance', next: 1, outcome });
    expect(await first()).toMatchObject({
      state: 'fail',
      says: expect.stringMatching(words),
      mend: expect.stringContaining('organisation portal'),
    });
    expect(await first(production)).toMatchObject({ state: 'fail', says: expect.stringMatching(words) });
  });

  test('with a wrong password is told, without the password', async () => {
    const found = await first({ MPESA_INITIATOR_PASSWORD: 'canary-2025' });
    expect(found).toMatchObject({ state: 'fail', says: expect.stringMatching(/2001.*name or password/) });
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  test('whose question Safaricom does not take is told why', async () => {
    world.simulator.control.fault({ api: 'accountbalance', fault: 'throttled', times: 5 });
    expect(await first()).toMatchObject({ state: 'fail', says: expect.stringContaining('did not take the question') });
    world.simulator.control.reset({});
  });

  test('whose answer does not reach the site is a warning', async () => {
    world.simulator.control.plan({ api: 'accountbalance', next: 1, lost: true });
    expect(await first({}, { timeoutMs: 600 })).toMatchObject({ state: 'warn', says: expect.stringContaining('no answer yet') });
  });

  test('is not looked at without a database, or where there is none', async () => {
    expect(await checkInitiator(patient(initiator()))).toEqual([]);
    expect(await checkInitiator(patient(goodEnvironment()))).toEqual([]);
  });
});
