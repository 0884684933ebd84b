const key = (letter: string): string => Buffer.alloc(32, letter).toString('base64');

/** A whole configuration and nothing else: keys that protect nothing, and a database at a port where nobody listens. */
export const sampleEnvironment: Record<string, string> = {
  MPESA_ENV: 'sandbox',
  MPESA_CONSUMER_KEY: 'sample-key',
  MPESA_CONSUMER_SECRET: 'sample-secret',
  CALLBACK_TOKEN_KEY: key('t'),
  ENCRYPTION_KEYS: `k1:${key('e')}`,
  LOOKUP_KEY: key('l'),
  SESSION_SECRET: key('s'),
  DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/nowhere',
  SITE_URL: 'https://shop.example',
  SENDGRID_API_KEY: 'SG.sample',
  INVOICE_EMAIL_FROM: 'duka@shop.example',
  ORGANISATION_NAME: 'Duka la Kahawa',
};
