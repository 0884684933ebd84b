import { expect, test } from 'vitest';
import { readExplanations } from '../../dev/doctor/explanations.ts';
import { ConfigError, databaseUrl, parseConfig, safaricomAccount, VARIABLES } from '../../src/config.ts';
import { goodEnvironment } from './patient.ts';

function findingsOf(environment: NodeJS.ProcessEnv): string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
}

const without = (...names: string[]) => goodEnvironment(Object.fromEntries(names.map((name) => [name, undefined])));

test('.env.example explains every variable that is read, and no other', () => {
  const explained = readExplanations();
  expect([...explained.keys()].sort()).toEqual([...VARIABLES].sort());
  for (const [name, { comment }] of explained) expect(comment, name).toMatch(/^\S.{15,}[.)\w/]$/);
});

test('.env.example names as required what a start is refused without, and shows the defaults that are used', () => {
  const required = [...readExplanations()].filter(([, { comment }]) => /\bRequired\b(?! (in|when))/.test(comment)).map(([name]) => name);
  expect(findingsOf({}).sort()).toEqual(required.map((name) => `${name} is missing`).sort());
  const shown = Object.fromEntries([...readExplanations()].map(([name, { value }]) => [name, value.replaceAll("'", '')]));
  const given = Object.fromEntries(Object.entries(goodEnvironment()).filter(([name]) => !shown[name]));
  const settings = parseConfig({ ...shown, ...given });
  expect(settings).toEqual(parseConfig({ ...given, MPESA_ENV: 'sandbox' }));
});

test.each([
  ['MPESA_CALLBACK_URL', 'SITE_URL'],
  ['MPESA_B2C_CALLBACK_URL', 'SITE_URL'],
  ['MPESA_CALLBACK_SECRET', 'CALLBACK_TOKEN_KEY'],
  ['MPESA_ENVIRONMENT', 'MPESA_ENV'],
  ['MPESA_LIVE_CONSUMER_KEY', 'MPESA_CONSUMER_KEY'],
  ['SAFARICOM_CONSUMER_SECRET', 'MPESA_CONSUMER_SECRET'],
  ['SAFARICOM_SHORTCODE', 'MPESA_SHORTCODE'],
  ['MPESA_LIVE_PASSKEY', 'MPESA_PASSKEY'],
  ['BACKEND_URL', 'SITE_URL'],
  ['BACKEND_CALLBACK_BASE', 'SITE_URL'],
  ['FRONTEND_URL', 'SITE_ORIGINS'],
  ['SMTP_HOST', 'SENDGRID_API_KEY'],
  ['EMAIL_FROM', 'INVOICE_EMAIL_FROM'],
])('the old name %s is refused with "is now %s"', (old, now) => {
  const [finding, ...more] = findingsOf(goodEnvironment({ [old]: 'anything' }));
  expect(finding).toMatch(new RegExp(`^${old} is now .*${now}`));
  expect(more).toEqual([]);
});

test('production without its secrets fails closed and lists everything at once', () => {
  const findings = findingsOf({ MPESA_ENV: 'production', MPESA_BASE_URL: 'https://elsewhere.example', SITE_URL: 'http://duka.co.ke' });
  const missing = [
    'MPESA_CONSUMER_KEY',
    'MPESA_CONSUMER_SECRET',
    'MPESA_SHORTCODE',
    'MPESA_PASSKEY',
    'CALLBACK_TOKEN_KEY',
    'ENCRYPTION_KEYS',
    'LOOKUP_KEY',
    'SESSION_SECRET',
  ];
  const more = ['DATABASE_URL', 'SENDGRID_API_KEY', 'INVOICE_EMAIL_FROM', 'ORGANISATION_NAME'];
  for (const name of [...missing, ...more]) expect(findings).toContain(`${name} is missing`);
  expect(findings.some((finding) => finding.startsWith('MPESA_BASE_URL may not be set in production'))).toBe(true);
  expect(findings.some((finding) => finding.startsWith('SITE_URL must be https in production'))).toBe(true);
});

test('the clock runs ahead on this machine only', () => {
  const ahead = { CLOCK_AHEAD_SECONDS: '604800' };
  expect(parseConfig(goodEnvironment({ ...ahead, SITE_URL: 'http://127.0.0.1:8888' })).clockAheadMs).toBe(7 * 24 * 60 * 60 * 1000);
  expect(findingsOf(goodEnvironment({ ...ahead, SITE_URL: 'https://duka.example' }))).toEqual([
    expect.stringMatching(/^CLOCK_AHEAD_SECONDS is for the local world only/),
  ]);
});

test("production refuses the sandbox's passkey, and the sandbox needs none", () => {
  const passkey = parseConfig(goodEnvironment()).mpesa.passkey;
  expect(findingsOf(goodEnvironment({ MPESA_ENV: 'production', MPESA_SHORTCODE: '123456', MPESA_PASSKEY: passkey }))).toEqual([
    expect.stringMatching(/^MPESA_PASSKEY is the sandbox's public passkey/),
  ]);
});

test('a value is never quoted, however wrong it is', () => {
  const canaries = Object.fromEntries(VARIABLES.map((name, at) => [name, `canary${at}:/@[ \u0007 x`.padEnd(70, '!')]));
  const said: string[] = [];
  for (const read of [parseConfig, databaseUrl, safaricomAccount]) {
    try {
      read(canaries);
    } catch (error) {
      said.push(String(error), (error as Error).stack ?? '', JSON.stringify(error));
    }
  }
  expect(said).toHaveLength(9);
  expect(said.join('\n')).not.toContain('canary');
});

test('a connection string that cannot be read is refused before the driver could quote it', () => {
  const unreadable = 'postgres://owner:hunter2canary@host:notaport/malipo';
  expect(findingsOf(goodEnvironment({ DATABASE_URL: unreadable }))).toEqual(['DATABASE_URL is not a postgres:// connection string']);
  expect(() => databaseUrl({ DATABASE_URL: unreadable })).toThrow(/DATABASE_URL is not a postgres/);
});

test("an empty value counts as none, and Netlify's own names stand in", () => {
  const settings = parseConfig({
    ...without('DATABASE_URL', 'SITE_URL'),
    DATABASE_URL: '',
    NETLIFY_DATABASE_URL: 'postgres://a:b@ep-x.eu-central-1.aws.neon.tech/malipo',
    URL: 'https://duka.netlify.app',
    MPESA_PASSKEY: '',
  });
  expect(settings.databaseUrl).toContain('ep-x');
  expect(settings.site.url).toBe('https://duka.netlify.app');
});

test('the key for look-ups is one key', () => {
  const { LOOKUP_KEY } = goodEnvironment();
  const [finding] = findingsOf(goodEnvironment({ LOOKUP_KEY: `${LOOKUP_KEY},${LOOKUP_KEY}` }));
  expect(finding).toMatch(/^LOOKUP_KEY is not one 32-byte base64 key/);
});
