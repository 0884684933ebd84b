import { type Config, parseConfig } from '#ground/config/config.ts';

const key = (letter: string) => Buffer.alloc(32, letter).toString('base64');

/** The configuration that the benchmark and its contestants share. */
export const settings = (databaseUrl: string, mpesaUrl = 'http://127.0.0.1:9'): Config =>
  parseConfig({
    MPESA_ENV: 'sandbox',
    MPESA_BASE_URL: mpesaUrl,
    MPESA_CONSUMER_KEY: 'local-key',
    MPESA_CONSUMER_SECRET: 'local-secret',
    CALLBACK_TOKEN_KEY: key('t'),
    ENCRYPTION_KEYS: `k1:${key('e')}`,
    LOOKUP_KEY: key('l'),
    SESSION_SECRET: key('s'),
    DATABASE_URL: databaseUrl,
    SITE_URL: 'http://127.0.0.1:9',
    SENDGRID_API_KEY: 'SG.local',
    INVOICE_EMAIL_FROM: 'duka@example.com',
    ORGANISATION_NAME: 'Duka la Kahawa',
    ORGANISATION_KRA_PIN: 'P051234567X',
  });
