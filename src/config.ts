import * as z from 'zod';
import { renamedVariables } from './config/renamed.ts';
import { base64Keys, decimal, keyRing, list, shortcode, url } from './config/shapes.ts';

const SANDBOX = {
  baseUrl: 'https://sandbox.safaricom.co.ke',
  shortcode: '174379',
  passkey: 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919', // public, printed in Safaricom's own examples
};
const PRODUCTION_BASE_URL = 'https://api.safaricom.co.ke';

const Environment = z.object({
  MPESA_ENV: z.enum(['sandbox', 'production']),
  MPESA_BASE_URL: url.optional(),
  MPESA_CONSUMER_KEY: z.string().min(1),
  MPESA_CONSUMER_SECRET: z.string().min(1),
  MPESA_SHORTCODE: shortcode.optional(),
  MPESA_TILL_NUMBER: shortcode.optional(),
  MPESA_PASSKEY: z.string().min(1).optional(),
  MPESA_TRANSACTION_TYPE: z.enum(['paybill', 'till']).default('paybill'),
  MPESA_CALLBACK_HMAC_SECRET: z.string().min(16).optional(),
  MPESA_CALLBACK_HMAC_HEADER: z.string().toLowerCase().default('x-safaricom-signature'),
  MPESA_CALLBACK_IPS: list.default([]),
  MPESA_CALLBACK_IP_MODE: z.enum(['off', 'signal', 'enforce']).default('off'),
  CALLBACK_TOKEN_KEY: base64Keys,
  ENCRYPTION_KEYS: keyRing,
  LOOKUP_KEY: base64Keys,
  DATABASE_URL: z.string().startsWith('postgres'),
  SITE_URL: url,
  SITE_ORIGINS: list.default([]),
  SENDGRID_API_KEY: z.string().min(1),
  SENDGRID_BASE_URL: url.optional(),
  INVOICE_EMAIL_FROM: z.email(),
  INVOICE_EMAIL_REPLY_TO: z.email().optional(),
  ALERT_WEBHOOK_URL: url.optional(),
  ORGANISATION_NAME: z.string().min(1).max(60),
  ORGANISATION_KRA_PIN: z
    .string()
    .regex(/^[AP]\d{9}[A-Z]$/, 'is a KRA PIN such as P051234567X')
    .optional(),
  ORGANISATION_ADDRESS: list.default([]),
  ORGANISATION_EMAIL: z.email().optional(),
  ORGANISATION_PHONE: z.string().max(30).optional(),
  ORGANISATION_COLOUR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'is a colour such as #0b7a3b')
    .default('#0b7a3b'),
  PAYMENT_MIN_SHILLINGS: decimal(1, 250_000).default(1),
  PAYMENT_MAX_SHILLINGS: decimal(1, 250_000).default(250_000),
  PROMPTS_PER_DAY: decimal(1, 10_000_000).default(5_000),
});

/** Everything that differs between deployments, grouped by owner. */
export type Config = ReturnType<typeof group>;

/** Says everything that is missing or wrong at once, by name and never by value. */
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

/** Reads the configuration out of an environment. Pure; throws `ConfigError` with every finding. */
export function parseConfig(environment: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const findings = renamedVariables(set);
  const parsed = Environment.safeParse({
    ...set,
    DATABASE_URL: set.DATABASE_URL ?? set.NETLIFY_DATABASE_URL,
    SITE_URL: set.SITE_URL ?? set.URL,
  });
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    const given = set[name] !== undefined;
    findings.push(given ? `${name}: ${issue.message}` : `${name} is missing`);
  }
  if (parsed.success) findings.push(...contradictions(parsed.data, set));
  if (findings.length > 0 || !parsed.success) throw new ConfigError(findings);
  return group(parsed.data);
}

function contradictions(env: z.output<typeof Environment>, set: NodeJS.ProcessEnv): string[] {
  const live = env.MPESA_ENV === 'production';
  const local = ['127.0.0.1', 'localhost'].includes(new URL(env.SITE_URL).hostname);
  const said: [boolean, string][] = [
    [live && !env.MPESA_SHORTCODE, 'MPESA_SHORTCODE is missing'],
    [live && !env.MPESA_PASSKEY, 'MPESA_PASSKEY is missing'],
    [
      live && env.MPESA_PASSKEY === SANDBOX.passkey,
      "MPESA_PASSKEY is the sandbox's public passkey; production has one of its own, sent by Safaricom at go-live",
    ],
    [live && env.MPESA_BASE_URL !== undefined, 'MPESA_BASE_URL may not be set in production: money calls go to Safaricom only'],
    [live && env.SENDGRID_BASE_URL !== undefined, 'SENDGRID_BASE_URL may not be set in production'],
    [live && !env.SITE_URL.startsWith('https://'), 'SITE_URL must be https in production: Safaricom calls it back'],
    [!live && !local && !env.SITE_URL.startsWith('https://'), 'SITE_URL must be https (http is for 127.0.0.1 only)'],
    [
      live && ['deploy-preview', 'branch-deploy'].includes(set.CONTEXT ?? ''),
      'MPESA_ENV=production is refused on deploy previews: set it for the production context only',
    ],
    [env.MPESA_TRANSACTION_TYPE === 'till' && !env.MPESA_TILL_NUMBER, 'MPESA_TILL_NUMBER is missing (MPESA_TRANSACTION_TYPE is till)'],
    [
      env.MPESA_CALLBACK_IP_MODE !== 'off' && env.MPESA_CALLBACK_IPS.length === 0,
      'MPESA_CALLBACK_IPS is missing (MPESA_CALLBACK_IP_MODE is not off)',
    ],
    [env.PAYMENT_MIN_SHILLINGS > env.PAYMENT_MAX_SHILLINGS, 'PAYMENT_MIN_SHILLINGS is above PAYMENT_MAX_SHILLINGS'],
  ];
  return said.flatMap(([wrong, finding]) => (wrong ? [finding] : []));
}

function group(env: z.output<typeof Environment>) {
  const site = new URL(env.SITE_URL).origin;
  return {
    mpesa: {
      environment: env.MPESA_ENV,
      baseUrl: env.MPESA_BASE_URL ?? (env.MPESA_ENV === 'production' ? PRODUCTION_BASE_URL : SANDBOX.baseUrl),
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
    keys: { encryption: env.ENCRYPTION_KEYS, lookup: env.LOOKUP_KEY[0] as Buffer },
    databaseUrl: env.DATABASE_URL,
    site: { url: site, origins: [site, ...env.SITE_ORIGINS] },
    mail: {
      apiKey: env.SENDGRID_API_KEY,
      baseUrl: env.SENDGRID_BASE_URL,
      from: env.INVOICE_EMAIL_FROM,
      replyTo: env.INVOICE_EMAIL_REPLY_TO,
    },
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
      promptsPerDay: env.PROMPTS_PER_DAY,
    },
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

/** Where the database is, for tools that need nothing else (migrations during a build). */
export function databaseUrl(from: NodeJS.ProcessEnv = process.env): string {
  const found = from.DATABASE_URL || from.NETLIFY_DATABASE_URL;
  if (!found) throw new ConfigError(['DATABASE_URL is missing']);
  return found;
}
