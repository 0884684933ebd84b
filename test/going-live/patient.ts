import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Check, Finding, Patient } from '../../dev/doctor/finding.ts';

const key = () => randomBytes(32).toString('base64');

/** A configuration with everything that is required; values say which variable they belong to, so that a leak is seen. */
export const goodEnvironment = (changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv => ({
  MPESA_ENV: 'sandbox',
  MPESA_CONSUMER_KEY: 'local-key',
  MPESA_CONSUMER_SECRET: 'local-secret',
  CALLBACK_TOKEN_KEY: key(),
  ENCRYPTION_KEYS: `k1:${key()}`,
  LOOKUP_KEY: key(),
  SESSION_SECRET: key(),
  DATABASE_URL: 'postgres://owner:hunter2canary@127.0.0.1:9/malipo',
  SITE_URL: 'https://duka.netlify.app',
  SENDGRID_API_KEY: 'SG.canary-of-sendgrid',
  INVOICE_EMAIL_FROM: 'duka@duka.co.ke',
  ORGANISATION_NAME: 'Duka la Kahawa',
  ...changes,
});

/** Nobody outside may be asked in a test. */
const noFetch: typeof fetch = async () => {
  throw new TypeError('fetch failed');
};

export const patient = (environment: NodeJS.ProcessEnv, changes: Partial<Patient> = {}): Patient => ({
  environment,
  fetch: noFetch,
  clock: { now: () => new Date() },
  timeoutMs: 5_000,
  ...changes,
});

/** What a check finds that is not well, each as "state: sentence". */
export async function troubles(check: Check, environment: NodeJS.ProcessEnv, changes: Partial<Patient> = {}): Promise<string[]> {
  return (await check(patient(environment, changes))).filter(({ state }) => state !== 'ok').map(describe);
}

const describe = ({ state, says }: Finding) => `${state}: ${says}`;

/** A server on this machine that answers as told. */
export async function serve(listener: RequestListener): Promise<{ url: string; port: number; stop(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

/** A server that answers everything with one status and body. */
export const serveAlways = (status: number, body: unknown) =>
  serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
