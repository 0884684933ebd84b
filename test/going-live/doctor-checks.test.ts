import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkCallbackUrl } from '../../dev/doctor/check-callback-url.ts';
import { checkConfiguration, nearestName } from '../../dev/doctor/check-configuration.ts';
import { checkKeys } from '../../dev/doctor/check-keys.ts';
import { checkSize } from '../../dev/doctor/check-size.ts';
import { checkProof } from '../../dev/doctor/examine.ts';
import { goodEnvironment, patient, troubles } from './patient.ts';

describe('the configuration', () => {
  test('that is complete is well', async () => {
    expect(await troubles(checkConfiguration, goodEnvironment())).toEqual([]);
  });

  test('that lacks something is told each thing, with where to find it', async () => {
    const found = await checkConfiguration(patient(goodEnvironment({ MPESA_CONSUMER_KEY: undefined, INVOICE_EMAIL_FROM: 'nobody' })));
    expect(found.map(({ state, says }) => `${state}: ${says}`)).toEqual([
      'fail: MPESA_CONSUMER_KEY is missing.',
      'fail: INVOICE_EMAIL_FROM is not an e-mail address.',
    ]);
    expect(found[0]?.mend).toContain('developer.safaricom.co.ke');
    expect(found[1]?.mend).toContain('SendGrid');
  });

  test.each([
    ['MPESA_CONSUMER_KEYS', 'MPESA_CONSUMER_KEY'],
    ['MPESA_PASS_KEY', 'MPESA_PASSKEY'],
    ['ORGANIZATION_NAME', 'ORGANISATION_NAME'],
    ['MPESA_SHORT_CODE', 'MPESA_SHORTCODE'],
    ['SENDGRID_APIKEY', 'SENDGRID_API_KEY'],
  ])('with a slip of the pen, %s, is told %s', async (typed, meant) => {
    expect(await troubles(checkConfiguration, goodEnvironment({ [typed]: 'x' }))).toEqual([
      `warn: ${typed} is not read: ${meant} was probably meant.`,
    ]);
  });

  test("is not bothered about other people's names", async () => {
    expect(await troubles(checkConfiguration, goodEnvironment({ SITE_ID: 'x', PATH: '/bin', NETLIFY: 'true' }))).toEqual([]);
  });

  test('with an old name is told once', async () => {
    expect(await troubles(checkConfiguration, goodEnvironment({ MPESA_ENVIRONMENT: 'live' }))).toEqual([
      'fail: MPESA_ENVIRONMENT is now MPESA_ENV: unset the old one.',
    ]);
  });

  test('with a name that has no successor is told to remove it, and nothing else', async () => {
    expect(await checkConfiguration(patient(goodEnvironment({ DB_POOL_SIZE: '5' })))).toEqual([
      expect.objectContaining({ says: expect.stringMatching(/^DB_POOL_SIZE is not needed any more/), mend: 'Remove DB_POOL_SIZE.' }),
    ]);
  });

  test('with a value pasted together with its quotes is told; white space around it is nothing', async () => {
    expect(await troubles(checkConfiguration, goodEnvironment({ MPESA_CONSUMER_KEY: '"abc"', MPESA_CONSUMER_SECRET: 'abc\n' }))).toEqual([
      'warn: MPESA_CONSUMER_KEY begins or ends with a quote.',
    ]);
  });

  test('a name that is like none of ours has no nearest one', () => {
    expect(nearestName('MPESA_WEATHER', ['MPESA_ENV', 'MPESA_PASSKEY'])).toBeUndefined();
  });
});

describe('proof of payments', () => {
  test('by a signed statement alone is told, with what to set', async () => {
    const [found] = await checkProof(patient(goodEnvironment()));
    expect(found).toMatchObject({
      state: 'warn',
      says: expect.stringContaining('Proof by statement only'),
      mend: expect.stringContaining('MPESA_PULL=on'),
    });
  });

  test('by pull is well', async () => {
    expect(await troubles(checkProof, goodEnvironment({ MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' }))).toEqual([]);
  });
});

describe('the size', () => {
  test.each([
    [4_096, 'warn'],
    [4_097, 'fail'],
    [3_696, undefined],
    [3_697, 'warn'],
  ])('of %i bytes is %s', async (bytes, state) => {
    const environment = { ORGANISATION_ADDRESS: 'é'.repeat(100) };
    const rest = bytes - 200 - 'ORGANISATION_ADDRESS'.length - 'SITE_ORIGINS'.length;
    const found = await troubles(checkSize, { ...environment, SITE_ORIGINS: 'x'.repeat(rest), PATH: 'not ours', SITE_URL: '' });
    expect(found).toEqual(state ? [expect.stringMatching(new RegExp(`^${state}: .*take ${bytes} of`))] : []);
  });
});

describe('the keys', () => {
  const key = () => randomBytes(32).toString('base64');

  test('that are made by `npm run keys` are well', async () => {
    expect(await troubles(checkKeys, goodEnvironment({ ENCRYPTION_KEYS: `k2:${key()},k1:${key()}` }))).toEqual([]);
  });

  test('the key of backups out of the site', async () => {
    expect(await troubles(checkKeys, goodEnvironment({ BACKUP_KEY: 'kept elsewhere' }))).toEqual([
      'warn: BACKUP_KEY is among the variables of the site.',
    ]);
  });

  test.each(['ENCRYPTION_KEYS', 'CALLBACK_TOKEN_KEY'])('LOOKUP_KEY apart from %s', async (name) => {
    const shared = key();
    const value = name === 'ENCRYPTION_KEYS' ? `k1:${shared}` : shared;
    expect(await troubles(checkKeys, goodEnvironment({ LOOKUP_KEY: shared, [name]: value }))).toEqual([
      `fail: ${name} and LOOKUP_KEY share a key: who has one could undo the other.`,
    ]);
  });

  test('made up by hand are refused', async () => {
    const typed = Buffer.from('abcdefghijklmnopqrstuvwxyz012345').toString('base64');
    const repeated = Buffer.alloc(32, 7).toString('base64');
    expect(await troubles(checkKeys, goodEnvironment({ LOOKUP_KEY: typed, CALLBACK_TOKEN_KEY: repeated }))).toEqual([
      'fail: CALLBACK_TOKEN_KEY is not random: it looks made up by hand.',
      'fail: LOOKUP_KEY is not random: it looks made up by hand.',
    ]);
  });

  test('random keys are never taken for made-up ones', async () => {
    for (let n = 0; n < 300; n++) expect(await troubles(checkKeys, goodEnvironment())).toEqual([]);
  });
});

describe('the callback address', () => {
  test.each(['https://duka.netlify.app', 'https://www.duka.co.ke/', 'https://pay.duka.co.ke'])('%s is well', async (SITE_URL) => {
    expect(await troubles(checkCallbackUrl, goodEnvironment({ SITE_URL }))).toEqual([]);
  });

  test.each([
    'https://localhost:8888',
    'https://127.0.0.1',
    'https://10.0.0.8',
    'https://192.168.1.20',
    'https://172.20.0.1',
    'https://169.254.1.1',
    'https://100.64.0.1',
    'https://[::1]',
    'https://[fd00::1]',
    'https://duka.local',
    'https://duka.example',
  ])('%s cannot be reached', async (SITE_URL) => {
    expect(await troubles(checkCallbackUrl, goodEnvironment({ SITE_URL }))).toEqual([expect.stringMatching(/^fail: .*cannot reach/)]);
  });

  test.each([
    ['http://duka.co.ke', 'fail: SITE_URL is not https'],
    ['https://41.90.64.1', 'warn: SITE_URL is a bare address'],
    ['https://mpesa-duka.netlify.app', 'warn: The host of SITE_URL contains "mpesa"'],
    ['https://mysqlshop.co.ke', 'warn: The host of SITE_URL contains "sql"'],
    ['https://Duka.netlify.app', 'warn: The host of SITE_URL has upper-case letters'],
    ['https://deploy-preview-4--duka.netlify.app', 'warn: SITE_URL names one deploy'],
  ])('%s: %s', async (SITE_URL, says) => {
    expect(await troubles(checkCallbackUrl, goodEnvironment({ SITE_URL }))).toEqual([expect.stringContaining(says)]);
  });

  test('a tunnel is for the sandbox', async () => {
    const SITE_URL = 'https://abc.ngrok-free.app';
    expect(await troubles(checkCallbackUrl, goodEnvironment({ SITE_URL }))).toEqual([]);
    expect(await troubles(checkCallbackUrl, goodEnvironment({ SITE_URL, MPESA_ENV: 'production' }))).toHaveLength(1);
  });

  test('a simulator reaches this machine; production has none', async () => {
    const local = { SITE_URL: 'http://127.0.0.1:8888', MPESA_BASE_URL: 'http://127.0.0.1:4010' };
    expect(await troubles(checkCallbackUrl, goodEnvironment(local))).toEqual([]);
    expect(await troubles(checkCallbackUrl, goodEnvironment({ ...local, MPESA_ENV: 'production' }))).toHaveLength(1);
  });
});
