import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApp } from '#app.ts';
import { parseConfig } from '#ground/config/config.ts';
import { newId } from '#ground/db/columns.ts';
import { createLog } from '#ground/log.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { createApiKey } from '#people/auth/api-keys.ts';
import { createSimulator } from '../../dev/daraja/simulator.ts';
import { startMailInbox } from '../../dev/mail-inbox/start-mail-inbox.ts';
import { startBlobs } from '../../dev/start-blobs.ts';
import { createVirtualClock } from '../../dev/virtual-clock.ts';
import { startDurableDatabase } from '../attacks/durable-database.ts';
import { startPlatform } from './platform.ts';
import type { Ground } from './storm.ts';

const key = (letter: string): string => Buffer.alloc(32, letter).toString('base64');

/** Where it all happens, and since when. */
export type Settled = Ground & { app: App; began: number };

/** A world whose functions run in a process of their own, on a PostgreSQL that keeps what it has committed. `app` looks at the same database from here. */
export async function prepareGround({ pull, seed }: { pull: boolean; seed: number }): Promise<Settled & AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  const clock = createVirtualClock(new Date('2026-11-21T06:00:00Z'));
  const database = await startDurableDatabase();
  starting.defer(database.drop);
  const simulator = await createSimulator({ clock, seed, b2cShortcode: 174379 });
  starting.defer(simulator.stop);
  const inbox = await startMailInbox();
  starting.defer(inbox.stop);
  const folder = mkdtempSync(path.join(tmpdir(), 'malipo-chaos-'));
  starting.defer(() => rmSync(folder, { recursive: true, force: true }));
  const blobs = await startBlobs({ directory: folder });
  starting.defer(blobs.stop);
  await database.sql("insert into database_environment (environment, claimed_at) values ('sandbox', now()) on conflict do nothing");
  await database.sql(`insert into items (sku, name, kind, price_cents, vat_class, updated_at) values
    ('coffee', 'Coffee', 'product', 125000, 'B', now()), ('mug', 'Mug', 'product', 90050, 'B', now()), ('maize', 'Maize flour', 'product', 20000, 'A', now())`);

  const environmentAt = (url: string): Record<string, string> => ({
    MPESA_ENV: 'sandbox',
    MPESA_BASE_URL: simulator.url,
    MPESA_CONSUMER_KEY: 'local-key',
    MPESA_CONSUMER_SECRET: 'local-secret',
    MPESA_INITIATOR_NAME: 'testapi',
    MPESA_INITIATOR_PASSWORD: 'Simulator2026!',
    MPESA_CERTIFICATE: readFileSync('dev/daraja/certificate/simulator-certificate.pem', 'utf8'),
    ...(pull && { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' }),
    CALLBACK_TOKEN_KEY: key('t'),
    ENCRYPTION_KEYS: `k1:${key('e')}`,
    LOOKUP_KEY: key('l'),
    SESSION_SECRET: key('s'),
    DATABASE_URL: database.url,
    SITE_URL: url,
    SENDGRID_API_KEY: 'SG.local',
    SENDGRID_BASE_URL: inbox.url,
    INVOICE_EMAIL_FROM: 'duka@example.com',
    ORGANISATION_NAME: 'Duka la Kahawa',
    LIMIT_PROMPTS_PER_DAY: '100000',
    NETLIFY_BLOBS_CONTEXT: blobs.context,
  });
  const platform = await startPlatform(clock, environmentAt);
  starting.defer(platform.stop);
  const app = createApp(parseConfig(environmentAt(platform.url)), { clock, log: createLog(() => undefined) });
  starting.defer(app.db.close);

  const { token } = await createApiKey(app.db, {
    name: 'chaos',
    scopes: ['mpesa:register'],
    createdBy: `person:${newId()}`,
    now: clock.now(),
  });
  const { status } = await platform.send('POST', '/api/paybill/register-urls', '{}', { authorization: `Bearer ${token}` });
  if (status !== 200) throw new Error(`The paybill's addresses could not be registered: ${status}.`);
  if (pull) await app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${platform.url}/api/health` });
  const running = starting.move();
  return {
    platform,
    database,
    control: simulator.control,
    clock,
    app,
    began: performance.now(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
