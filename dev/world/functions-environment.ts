import { readFileSync } from 'node:fs';
import { parseConfig, VARIABLES } from '#ground/config/config.ts';
import { certificateFile } from '../daraja/initiator.ts';
import type { Secrets } from './keep-secrets.ts';

/** Pages served by the usual local servers may call the API of the local world. */
const USUAL_ORIGINS = [3000, 4321, 5173, 5500, 8000, 8080].flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`]);

/** What a person may set for the local world in `.env`; everything else in there is meant for a real deployment and stays out. */
const OWN =
  /^(ORGANISATION_|PAYMENT_M|LIMIT_|RETAIN_|(PROMPTS|NOTICES)_PER_DAY$|INVOICE_EMAIL_|SITE_ORIGINS$|PAYOUT_(APPROVAL|ALONE)_|LOW_FLOAT_|PAYBILL_|WAIT_FOR_PROOF$|COUNTER_MONEY$|BALANCE_SHORTCODES$|MPESA_(TRANSACTION_TYPE|TILL_NUMBER|SHORTCODES|PULL|PULL_NUMBER|CHARGES|PAYBILL_PAYER)$)/;
const OWN_IN_SANDBOX =
  /^MPESA_(CONSUMER_KEY|CONSUMER_SECRET|SHORTCODE|PASSKEY|INITIATOR_NAME|INITIATOR_PASSWORD|CERTIFICATE|B2C_SHORTCODE|B2C_CONSUMER_KEY|B2C_CONSUMER_SECRET)$/;

/** The business at the simulator: one short code that collects and pays out, and the initiator who may pay out and reverse. */
export const MERCHANT = { shortcode: '174379', b2cShortcode: '174379', initiatorName: 'local', initiatorPassword: 'Local-world-2026!' };

/** Whoever tries things out on this machine has one phone and one address: the limits of a shop would lock a newcomer out after three prompts and three codes. */
const WIDE_LIMITS = {
  LIMIT_PROMPTS_PER_PHONE_10_MINUTES: '1000',
  LIMIT_PROMPTS_PER_PHONE_DAY: '1000',
  LIMIT_PROMPTS_PER_ADDRESS_HOUR: '5000',
  LIMIT_CODES_PER_PHONE_DAY: '1000',
  LIMIT_CODES_PER_ADDRESS_HOUR: '5000',
};

/** Variables that each local world sets for itself. */
const OF_THE_WORLD = ['MPESA_ENV', 'SITE_URL', 'DATABASE_URL', 'CALLBACK_TOKEN_KEY', 'ENCRYPTION_KEYS', 'LOOKUP_KEY', 'SESSION_SECRET'];

/** The number in the papers of the simulated short code, which pulling asks for. */
const PULL_NUMBER = '254712345678';

export type Surroundings = {
  secrets: Secrets;
  databaseUrl: string;
  siteUrl: string;
  inboxUrl: string;
  smsUrl: string;
  /** What Netlify tells functions about Blobs: where callbacks are kept while the database is away. */
  blobsContext?: string;
  /** Without one, Safaricom's own sandbox is asked. */
  simulatorUrl?: string;
};

/** The variables that are set but meant for a real deployment: the local world does not use them, and says so. */
export const notForHere = (from: NodeJS.ProcessEnv, isSandbox: boolean): string[] =>
  VARIABLES.filter((name) => from[name] && !OWN.test(name) && !(isSandbox && OWN_IN_SANDBOX.test(name)) && !OF_THE_WORLD.includes(name));

/** The configuration of the functions in the local world. Real accounts named in `from` are never used, except the sandbox's. */
export function functionsEnvironment(from: NodeJS.ProcessEnv, around: Surroundings): Record<string, string> {
  const { secrets, databaseUrl, siteUrl, inboxUrl, smsUrl, blobsContext, simulatorUrl } = around;
  const own = Object.entries(from).filter(([name]) => OWN.test(name) || (!simulatorUrl && OWN_IN_SANDBOX.test(name)));
  const { CALLBACK_TOKEN_KEY, ENCRYPTION_KEYS, LOOKUP_KEY, SESSION_SECRET } = secrets;
  const environment = {
    SITE_ORIGINS: USUAL_ORIGINS.join(','),
    INVOICE_EMAIL_FROM: 'duka@example.com',
    ORGANISATION_NAME: 'Duka la Kahawa',
    ORGANISATION_KRA_PIN: 'P051234567X',
    ORGANISATION_ADDRESS: 'Moi Avenue 12; 00100 Nairobi',
    ...WIDE_LIMITS,
    ...(simulatorUrl && { MPESA_PULL_NUMBER: PULL_NUMBER }),
    ...Object.fromEntries(own.filter(([, value]) => value)),
    MPESA_ENV: 'sandbox',
    ...(simulatorUrl && simulatedAccount(simulatorUrl)),
    ...{ CALLBACK_TOKEN_KEY, ENCRYPTION_KEYS, LOOKUP_KEY, SESSION_SECRET },
    ...(blobsContext && { NETLIFY_BLOBS_CONTEXT: blobsContext }),
    DATABASE_URL: databaseUrl,
    SITE_URL: siteUrl,
    SENDGRID_API_KEY: 'SG.local',
    SENDGRID_BASE_URL: inboxUrl,
    SMS_PROVIDER: 'africastalking',
    AFRICASTALKING_USERNAME: 'sandbox',
    AFRICASTALKING_API_KEY: 'local',
    AFRICASTALKING_BASE_URL: smsUrl,
  };
  parseConfig(environment); // says now, and once, what would fail in every call
  return environment as Record<string, string>;
}

/** The account at the simulator: its app, its short code and its initiator. */
const simulatedAccount = (simulatorUrl: string) => ({
  MPESA_BASE_URL: simulatorUrl,
  MPESA_CONSUMER_KEY: 'local-key',
  MPESA_CONSUMER_SECRET: 'local-secret',
  MPESA_SHORTCODE: MERCHANT.shortcode,
  MPESA_INITIATOR_NAME: MERCHANT.initiatorName,
  MPESA_INITIATOR_PASSWORD: MERCHANT.initiatorPassword,
  MPESA_CERTIFICATE: readFileSync(certificateFile, 'utf8'),
});

/** Gives this process, and with it the workers that run functions, exactly this configuration: variables of a real deployment are removed. */
export function adoptEnvironment(environment: Record<string, string>): void {
  for (const name of Object.keys(process.env)) if (isConfiguration(name)) delete process.env[name];
  Object.assign(process.env, environment);
}

const isConfiguration = (name: string) =>
  VARIABLES.includes(name) ||
  /^(MPESA|SAFARICOM|ORGANISATION|PAYMENT|SENDGRID|SMTP|NETLIFY|AFRICASTALKING|TWILIO)_|^(URL|CONTEXT|JWT_SECRET|EMAIL_FROM|FRONTEND_URL|BACKEND_\w+)$/.test(
    name,
  );
