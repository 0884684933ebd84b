import * as z from 'zod';
import { approvalLimits, INITIATOR_VARIABLES, initiatorContradictions, initiatorSettings } from './initiator.ts';
import { LIMIT_VARIABLES, limitContradictions, limitSettings, withEarlierLimits } from './limits.ts';
import { FLOAT_VARIABLES, floatSettings, PAYBILL_VARIABLES, paybillSettings } from './paybill.ts';
import { renamedVariables } from './renamed.ts';
import { RETENTION_VARIABLES, retentionSettings } from './retention.ts';
import { base64Keys, databaseAddress, decimal, email, keyRing, list, oneKey, origins, secret, shortcode, url } from './shapes.ts';
import { isPreview, outboundRules, siteContradictions, siteUrl } from './site.ts';
import { SMS_VARIABLES, smsContradictions, smsSettings } from './sms.ts';

const SANDBOX = {
  baseUrl: 'https://sandbox.safaricom.co.ke',
  shortcode: '174379',
  passkey: 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919', // public, printed in Safaricom's own examples
};
const PRODUCTION_BASE_URL = 'https://api.safaricom.co.ke';

const Environment = z.object({
  MPESA_ENV: z.enum(['sandbox', 'production'], { error: 'is sandbox or production' }),
  MPESA_BASE_URL: url.optional(),
  MPESA_CONSUMER_KEY: secret,
  MPESA_CONSUMER_SECRET: secret,
  MPESA_SHORTCODE: shortcode.optional(),
  MPESA_TILL_NUMBER: shortcode.optional(),
  MPESA_PASSKEY: secret.optional(),
  MPESA_TRANSACTION_TYPE: z.enum(['paybill', 'till'], { error: 'is paybill or till' }).default('paybill'),
  MPESA_CALLBACK_HMAC_SECRET: z.string().min(16, 'has at least 16 characters').optional(),
  MPESA_CALLBACK_HMAC_HEADER: z.string().toLowerCase().default('x-safaricom-signature'),
  MPESA_CALLBACK_IPS: list.default([]),
  MPESA_CALLBACK_IP_MODE: z.enum(['off', 'signal', 'enforce'], { error: 'is off, signal or enforce' }).default('off'),
  CALLBACK_TOKEN_KEY: base64Keys,
  ENCRYPTION_KEYS: keyRing,
  LOOKUP_KEY: oneKey,
  SESSION_SECRET: oneKey,
  DATABASE_URL: databaseAddress,
  SITE_URL: url,
  SITE_ORIGINS: origins.default([]),
  SENDGRID_API_KEY: secret,
  SENDGRID_BASE_URL: url.optional(),
  INVOICE_EMAIL_FROM: email,
  INVOICE_EMAIL_REPLY_TO: email.optional(),
  ...INITIATOR_VARIABLES,
  ...PAYBILL_VARIABLES,
  ...FLOAT_VARIABLES,
  ...SMS_VARIABLES,
  ALERT_WEBHOOK_URL: url.optional(),
  ORGANISATION_NAME: z.string().max(60, 'has at most 60 characters'),
  ORGANISATION_KRA_PIN: z
    .string()
    .regex(/^[AP]\d{9}[A-Z]$/, 'is a KRA PIN such as P051234567X')
    .optional(),
  ORGANISATION_ADDRESS: list.default([]),
  ORGANISATION_EMAIL: email.optional(),
  ORGANISATION_PHONE: z.string().max(30, 'has at most 30 characters').optional(),
  ORGANISATION_COLOUR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'is a colour such as #0b7a3b')
    .default('#0b7a3b'),
  PAYMENT_MIN_SHILLINGS: decimal(1, 250_000).default(1),
  PAYMENT_MAX_SHILLINGS: decimal(1, 250_000).default(250_000),
  ...LIMIT_VARIABLES,
  ...RETENTION_VARIABLES,
  NOTICES_PER_DAY: decimal(1, 1_000).default(10),
  CLOCK_AHEAD_SECONDS: decimal(0, 1_000_000_000).default(0),
});

/** The names of all variables that are read. `.env.example` explains each. */
export const VARIABLES: readonly string[] = Object.keys(Environment.shape);

/** Everything that differs between deployments, grouped by owner. */
export type Config = ReturnType<typeof group>;

/** Lists everything that is missing or wrong at once, by name and never by value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly findings: string[];
  constructor(findings: string[]) {
    super(
      `Malipo is not configured:\n${findings.map((finding) => `  - ${finding}`).join('\n')}\nSee .env.example for what each variable means.`,
    );
    this.findings = findings;
  }
}

/** Reads the configuration from an environment. Pure; throws `ConfigError` with every finding. */
export function parseConfig(environment: NodeJS.ProcessEnv): Config {
  const set = withNetlifysNames(environment);
  const parsed = Environment.safeParse(set);
  const findings = [...renamedVariables(set), ...describe(parsed.error, set), ...contradictions(set)];
  if (findings.length > 0 || !parsed.success) throw new ConfigError(findings);
  return group(parsed.data, isPreview(set.CONTEXT));
}

/** What is missing or wrong, by name and never by value. */
const describe = (error: z.ZodError | undefined, set: NodeJS.ProcessEnv): string[] =>
  (error?.issues ?? []).map(({ path: [name], message }) =>
    set[String(name)] !== undefined ? `${String(name)} ${message}` : `${missing(String(name), set)} is missing`,
  );

/** A preview's address comes from Netlify's build, and from nowhere else. */
const missing = (name: string, { CONTEXT }: NodeJS.ProcessEnv) => (name === 'SITE_URL' && isPreview(CONTEXT) ? 'DEPLOY_PRIME_URL' : name);

/** The set variables, trimmed; an empty value counts as unset. Netlify's own names stand in for the database and the site. */
function withNetlifysNames(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const trimmed = Object.entries(environment).map(([name, value]): [string, string | undefined] => [name, value?.trim()]);
  const set: NodeJS.ProcessEnv = Object.fromEntries(trimmed.filter(([, value]) => value));
  return { ...withEarlierLimits(set), DATABASE_URL: set.DATABASE_URL ?? set.NETLIFY_DATABASE_URL, SITE_URL: siteUrl(set) };
}

/** Findings about values that contradict each other. */
function contradictions(set: NodeJS.ProcessEnv): string[] {
  const live = set.MPESA_ENV === 'production';
  const checksAddresses = (set.MPESA_CALLBACK_IP_MODE ?? 'off') !== 'off';
  const said: [boolean, string][] = [
    [live && !set.MPESA_SHORTCODE, 'MPESA_SHORTCODE is missing'],
    [live && !set.MPESA_PASSKEY, 'MPESA_PASSKEY is missing'],
    ...['MPESA_SHORTCODE', 'MPESA_TILL_NUMBER', 'MPESA_B2C_SHORTCODE'].map((name): [boolean, string] => [
      live && set[name] === SANDBOX.shortcode,
      `${name} is the sandbox's ${SANDBOX.shortcode}, which anybody can prompt for; production has one of its own`,
    ]),
    [
      live && set.MPESA_PASSKEY === SANDBOX.passkey,
      "MPESA_PASSKEY is the sandbox's public passkey; production has one of its own, sent by Safaricom at go-live",
    ],
    [live && set.MPESA_BASE_URL !== undefined, 'MPESA_BASE_URL may not be set in production: money calls go to Safaricom only'],
    [live && set.SENDGRID_BASE_URL !== undefined, 'SENDGRID_BASE_URL may not be set in production'],
    ...siteContradictions(set),
    ...initiatorContradictions(set),
    ...smsContradictions(set),
    ...limitContradictions(set),
    [set.MPESA_TRANSACTION_TYPE === 'till' && !set.MPESA_TILL_NUMBER, 'MPESA_TILL_NUMBER is missing (MPESA_TRANSACTION_TYPE is till)'],
    [checksAddresses && !/[^,;\s]/.test(set.MPESA_CALLBACK_IPS ?? ''), 'MPESA_CALLBACK_IPS is missing (MPESA_CALLBACK_IP_MODE is not off)'],
    [
      Number(set.PAYMENT_MIN_SHILLINGS ?? 1) > Number(set.PAYMENT_MAX_SHILLINGS ?? 250_000),
      'PAYMENT_MIN_SHILLINGS is above PAYMENT_MAX_SHILLINGS',
    ],
  ];
  return said.flatMap(([wrong, finding]) => (wrong ? [finding] : []));
}

function group(env: z.output<typeof Environment>, preview: boolean) {
  const site = new URL(env.SITE_URL).origin;
  return {
    mpesa: {
      environment: env.MPESA_ENV,
      baseUrl: safaricomUrl(env),
      consumerKey: env.MPESA_CONSUMER_KEY,
      consumerSecret: env.MPESA_CONSUMER_SECRET,
      shortcode: env.MPESA_SHORTCODE ?? SANDBOX.shortcode,
      tillNumber: env.MPESA_TILL_NUMBER,
      passkey: env.MPESA_PASSKEY ?? SANDBOX.passkey,
      transactionType: env.MPESA_TRANSACTION_TYPE,
    },
    callback: {
      tokenKeys: env.CALLBACK_TOKEN_KEY,
      hmacSecret: env.MPESA_CALLBACK_HMAC_SECRET,
      hmacHeader: env.MPESA_CALLBACK_HMAC_HEADER,
      addresses: env.MPESA_CALLBACK_IPS,
      addressMode: env.MPESA_CALLBACK_IP_MODE,
    },
    keys: { encryption: env.ENCRYPTION_KEYS, lookup: env.LOOKUP_KEY },
    sessionSecret: env.SESSION_SECRET,
    databaseUrl: env.DATABASE_URL,
    site: { url: site, origins: [site, ...env.SITE_ORIGINS], isPreview: preview },
    outbound: outboundRules(site, env.MPESA_ENV),
    mail: {
      apiKey: env.SENDGRID_API_KEY,
      baseUrl: env.SENDGRID_BASE_URL,
      from: env.INVOICE_EMAIL_FROM,
      replyTo: env.INVOICE_EMAIL_REPLY_TO,
    },
    initiator: initiatorSettings(env),
    paybill: paybillSettings(env),
    float: floatSettings(env),
    sms: smsSettings(env),
    clockAheadMs: env.CLOCK_AHEAD_SECONDS * 1_000,
    alertWebhookUrl: env.ALERT_WEBHOOK_URL,
    organisation: {
      name: env.ORGANISATION_NAME,
      kraPin: env.ORGANISATION_KRA_PIN,
      address: env.ORGANISATION_ADDRESS,
      email: env.ORGANISATION_EMAIL,
      phone: env.ORGANISATION_PHONE,
      colour: env.ORGANISATION_COLOUR,
    },
    limits: {
      minCents: BigInt(env.PAYMENT_MIN_SHILLINGS) * 100n,
      maxCents: BigInt(env.PAYMENT_MAX_SHILLINGS) * 100n,
      ...limitSettings(env),
      ...approvalLimits(env),
      lowFloatCents: BigInt(env.LOW_FLOAT_SHILLINGS) * 100n,
      noticesPerDay: env.NOTICES_PER_DAY,
    },
    retain: retentionSettings(env),
  };
}

let cached: Config | undefined;

/** The configuration of this process. Lazy, so that any module can be imported with no environment set. */
export const config = (): Config => {
  cached ??= parseConfig(process.env);
  return cached;
};

/** The environment of this process, for the tools that report on it before it is complete. */
export const environment = (): NodeJS.ProcessEnv => process.env;

/** Where the database is, for tools that need nothing else (migrations during a build). Throws `ConfigError`. */
export const databaseUrl = (from: NodeJS.ProcessEnv = process.env): string =>
  parsePart(Environment.pick({ DATABASE_URL: true }), from).DATABASE_URL;

/**
 * The M-PESA environment of the site, or undefined where it is not set: for migrations, which a build may run without it. Throws
 * `ConfigError` on a wrong value.
 */
export const mpesaEnvironment = (from: NodeJS.ProcessEnv = process.env): 'sandbox' | 'production' | undefined =>
  parsePart(Environment.pick({ MPESA_ENV: true }).partial(), from).MPESA_ENV;

const DataAccess = Environment.pick({ DATABASE_URL: true, ENCRYPTION_KEYS: true, LOOKUP_KEY: true });

/** The database's address and encryption keys, for tools that need nothing else. Throws `ConfigError`. */
export function dataAccess(from: NodeJS.ProcessEnv = process.env) {
  const env = parsePart(DataAccess, from);
  return { databaseUrl: env.DATABASE_URL, keys: { encryption: env.ENCRYPTION_KEYS, lookup: env.LOOKUP_KEY } };
}

const Account = Environment.pick({ MPESA_ENV: true, MPESA_BASE_URL: true, MPESA_CONSUMER_KEY: true, MPESA_CONSUMER_SECRET: true });

/** Our account at Safaricom and where to get its token, for tools that need nothing else. Throws `ConfigError`. */
export function safaricomAccount(from: NodeJS.ProcessEnv = process.env): { baseUrl: string; consumerKey: string; consumerSecret: string } {
  const env = parsePart(Account, from);
  return { baseUrl: safaricomUrl(env), consumerKey: env.MPESA_CONSUMER_KEY, consumerSecret: env.MPESA_CONSUMER_SECRET };
}

function parsePart<T extends z.ZodType>(part: T, from: NodeJS.ProcessEnv): z.output<T> {
  const set = withNetlifysNames(from);
  const parsed = part.safeParse(set);
  if (!parsed.success) throw new ConfigError(describe(parsed.error, set));
  return parsed.data;
}

const safaricomUrl = (env: { MPESA_ENV: 'sandbox' | 'production'; MPESA_BASE_URL?: string | undefined }): string =>
  env.MPESA_ENV === 'production' ? PRODUCTION_BASE_URL : (env.MPESA_BASE_URL ?? SANDBOX.baseUrl);
