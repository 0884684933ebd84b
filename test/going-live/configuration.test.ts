import { expect, test } from 'vitest';
import { ConfigError, databaseUrl, parseConfig, safaricomAccount, VARIABLES } from '#ground/config/config.ts';
import { readExplanations } from '../../dev/doctor/check-configuration.ts';
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

test('a name that has no successor is refused, and is only to be removed', () => {
  expect(findingsOf(goodEnvironment({ DB_POOL_SIZE: '5' }))).toEqual([
    'DB_POOL_SIZE is not needed any more (statements travel over HTTP, without a pool): remove it',
  ]);
});

test.each(['MPESA_SHORTCODES', 'BALANCE_SHORTCODES'])('each entry of %s is a short code, and the one that is none is named', (name) => {
  for (const wrong of ['55A', '0712345678', '1234'])
    expect(findingsOf(goodEnvironment({ [name]: `5551234, ${wrong};600000` }))).toEqual([
      `${name} names no short code in its entry 2: each has 5 to 7 digits`,
    ]);
  expect(findingsOf(goodEnvironment({ [name]: ' 5551234;600000, ' }))).toEqual([]);
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

test('no key for look-ups stands twice', () => {
  const { LOOKUP_KEY } = goodEnvironment();
  const [finding] = findingsOf(goodEnvironment({ LOOKUP_KEY: `${LOOKUP_KEY},${LOOKUP_KEY}` }));
  expect(finding).toBe('LOOKUP_KEY names the same key twice');
});

test('white space around a value is taken off, whatever brought it', () => {
  const pasted = Object.fromEntries(Object.entries(goodEnvironment()).map(([name, value]) => [name, `\ufeff \t${value}\u00a0\r\n`]));
  const clean = Object.fromEntries(Object.entries(pasted).map(([name, value]) => [name, value.trim()]));
  expect(parseConfig(pasted)).toEqual(parseConfig(clean));
  expect(findingsOf(goodEnvironment({ MPESA_CONSUMER_KEY: ' \n' }))).toEqual(['MPESA_CONSUMER_KEY is missing']);
});

test.each([
  'MPESA_CONSUMER_KEY',
  'MPESA_CONSUMER_SECRET',
  'MPESA_PASSKEY',
  'SENDGRID_API_KEY',
  'MPESA_B2C_CONSUMER_KEY',
  'AFRICASTALKING_API_KEY',
  'TWILIO_AUTH_TOKEN',
])('white space inside %s is refused', (name) => {
  expect(findingsOf(goodEnvironment({ [name]: 'first half\nsecond' }))).toContain(`${name} contains white space: copy it again`);
});

const live = (changes: Record<string, string | undefined> = {}) =>
  goodEnvironment({
    MPESA_ENV: 'production',
    MPESA_SHORTCODE: '600100',
    MPESA_PASSKEY: 'another',
    SITE_URL: 'https://duka.co.ke',
    ...changes,
  });

test('production takes a public address, with or without its slash', () => {
  for (const SITE_URL of ['https://duka.co.ke', 'https://duka.co.ke/'])
    expect(parseConfig(live({ SITE_URL })).site.url).toBe('https://duka.co.ke');
});

test.each([
  'https://localhost',
  'https://localhost:8888',
  'https://127.0.0.1',
  'https://127.1.2.3',
  'https://[::1]',
  'https://0.0.0.0',
  'https://duka.local',
  'https://duka.localhost',
])('production refuses %s, where nobody can call back', (SITE_URL) => {
  expect(findingsOf(live({ SITE_URL }))).toEqual([expect.stringMatching(/^SITE_URL names this machine in production/)]);
});

test.each(['https://duka.co.ke/shop', 'https://duka.co.ke/?x=1', 'https://duka.co.ke/#pay'])(
  'production refuses the path in %s',
  (SITE_URL) => {
    expect(findingsOf(live({ SITE_URL }))).toEqual([expect.stringMatching(/^SITE_URL has a path/)]);
  },
);

test.each(['MPESA_SHORTCODE', 'MPESA_TILL_NUMBER', 'MPESA_B2C_SHORTCODE'])("production refuses the sandbox's short code as %s", (name) => {
  expect(findingsOf(live({ [name]: '174379' }))).toEqual([expect.stringMatching(new RegExp(`^${name} is the sandbox's 174379`))]);
  expect(findingsOf(goodEnvironment({ [name]: '174379' }))).toEqual([]);
});

test.each(['https://shop.example/', 'https://shop.example/pay', 'shop.example', '*', 'https://Shop.example'])(
  'the origin %s is refused with how to write it',
  (wrong) => {
    const [finding, ...more] = findingsOf(goodEnvironment({ SITE_ORIGINS: `https://fine.example, ${wrong}` }));
    expect(finding).toMatch(/^SITE_ORIGINS names no origin in its entry 2: write https:.* without a slash at the end$/);
    expect(more).toEqual([]);
  },
);

const netlify = { CONTEXT: 'deploy-preview', DEPLOY_PRIME_URL: 'https://deploy-preview-4--duka.netlify.app', URL: 'https://duka.co.ke' };

test.each([{ SITE_URL: 'https://duka.co.ke' }, { SITE_URL: undefined }])(
  "a preview's address is its own, whatever SITE_URL is: %j",
  (set) => {
    const { site } = parseConfig(goodEnvironment({ ...netlify, ...set }));
    expect(site).toMatchObject({ url: netlify.DEPLOY_PRIME_URL, isPreview: true });
    expect(site.origins).not.toContain('https://duka.co.ke');
    const branch = parseConfig(
      goodEnvironment({ ...netlify, ...set, CONTEXT: 'branch-deploy', DEPLOY_PRIME_URL: 'https://staging--duka.netlify.app' }),
    );
    expect(branch.site.url).toBe('https://staging--duka.netlify.app');
  },
);

test("a preview that does not know its own address is refused; production's is what it says", () => {
  expect(findingsOf(goodEnvironment({ ...netlify, DEPLOY_PRIME_URL: undefined }))).toEqual(['DEPLOY_PRIME_URL is missing']);
  const production = parseConfig(live({ ...netlify, CONTEXT: 'production', DEPLOY_PRIME_URL: 'https://main--duka.netlify.app' }));
  expect(production.site).toMatchObject({ url: 'https://duka.co.ke', isPreview: false });
});

test('a limit counts under its earlier name too; two different numbers are refused with words', () => {
  const perDay = (changes: NodeJS.ProcessEnv) => parseConfig(goodEnvironment(changes)).limits.promptsPerDay;
  expect([perDay({}), perDay({ PROMPTS_PER_DAY: '77' }), perDay({ LIMIT_PROMPTS_PER_DAY: '78' })]).toEqual([5000, 77, 78]);
  expect(perDay({ PROMPTS_PER_DAY: '77', LIMIT_PROMPTS_PER_DAY: '77' })).toBe(77);
  expect(parseConfig(goodEnvironment({ CODES_PER_DAY: '79' })).limits.codesPerDay).toBe(79);
  expect(findingsOf(goodEnvironment({ PROMPTS_PER_DAY: '77', LIMIT_PROMPTS_PER_DAY: '78' }))).toEqual([
    'PROMPTS_PER_DAY is now LIMIT_PROMPTS_PER_DAY, and both are set to different numbers: unset the old one',
  ]);
});
