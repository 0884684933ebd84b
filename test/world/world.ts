import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApp, useApp } from '#app.ts';
import { balances } from '#books/ledger/balance.ts';
import { parseConfig } from '#ground/config/config.ts';
import { createLog } from '#ground/log.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { createSimulator, type Simulator } from '../../dev/daraja/simulator.ts';
import { type MailInbox, startMailInbox } from '../../dev/mail-inbox/start-mail-inbox.ts';
import { fallsBetween } from '../../dev/schedule.ts';
import { type SmsInbox, startSmsInbox } from '../../dev/sms-inbox/start-sms-inbox.ts';
import { startBlobs } from '../../dev/start-blobs.ts';
import { createVirtualClock, type VirtualClock } from '../../dev/virtual-clock.ts';
import { type FreshDatabase, freshDatabase } from './database.ts';
import { functions, route, strike } from './route.ts';

/** A key for tests, different for each letter. */
export const testKey = (letter: string): string => Buffer.alloc(32, letter).toString('base64');

const START = new Date('2026-11-21T09:00:00Z');

export type World = {
  app: App;
  database: FreshDatabase;
  clock: VirtualClock;
  simulator: Simulator;
  inbox: MailInbox;
  smsInbox: SmsInbox;
  siteUrl: string;
  logLines: string[];
  blobsFolder: string | undefined;
  /** Sends a request to the functions as a browser would, and waits for the work after the answer unless told not to. */
  send(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; ip?: string; patient?: boolean },
  ): Promise<Response>;
  /** Resolves when all work that was promised to `waitUntil` has ended. */
  settled(): Promise<void>;
  /** Moves the clock in steps of a minute, and runs the scheduled functions whose minute it is after each, as the platform would; the one of each minute last. */
  pass(minutes: number): Promise<void>;
  stop(): Promise<void>;
};

/** The whole product in one process: a database of its own, real function files, a simulated Safaricom and mail provider, one virtual clock for all. */
export async function startWorld(
  options: {
    environment?: Record<string, string>;
    seed?: number;
    simulator?: Partial<Parameters<typeof createSimulator>[0]>;
    database?: FreshDatabase;
    /** Whether there are Netlify Blobs; `blobsFolder` of the world then holds them. */
    blobs?: boolean;
  } = {},
): Promise<World> {
  const clock = createVirtualClock(START);
  const working = new Set<Promise<unknown>>();
  const logLines: string[] = [];
  const waitUntil = (work: Promise<unknown>) => {
    working.add(work);
    void work.finally(() => working.delete(work));
  };
  const settled = async () => {
    while (working.size > 0) await Promise.all(working);
  };

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = chunks.length > 0 ? Buffer.concat(chunks) : null;
    const request = new Request(`${siteUrl}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: incoming.headers as Record<string, string>,
      body,
    });
    const response = await route(request, { ip: '196.201.212.69', requestId: randomUUID(), waitUntil });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const siteUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const database = options.database ?? (await freshDatabase());
  const blobsFolder = options.blobs ? mkdtempSync(path.join(tmpdir(), 'malipo-blobs-')) : undefined;
  const blobs = blobsFolder ? await startBlobs({ directory: blobsFolder }) : undefined;
  if (blobs) process.env.NETLIFY_BLOBS_CONTEXT = blobs.context; // as the platform does at each call
  const simulator = await createSimulator({ clock, seed: options.seed ?? 1, b2cShortcode: 174379, ...options.simulator });
  const inbox = await startMailInbox();
  const smsInbox = await startSmsInbox();
  const app = createApp(
    parseConfig({
      MPESA_ENV: 'sandbox',
      MPESA_BASE_URL: simulator.url,
      MPESA_CONSUMER_KEY: 'local-key',
      MPESA_CONSUMER_SECRET: 'local-secret',
      MPESA_INITIATOR_NAME: 'testapi',
      MPESA_INITIATOR_PASSWORD: 'Simulator2026!',
      MPESA_CHARGES: 'none', // as the simulator's, unless a test switches fees on
      MPESA_CERTIFICATE: readFileSync('dev/daraja/certificate/simulator-certificate.pem', 'utf8'),
      CALLBACK_TOKEN_KEY: testKey('t'),
      ENCRYPTION_KEYS: `k1:${testKey('e')}`,
      LOOKUP_KEY: testKey('l'),
      SESSION_SECRET: testKey('s'),
      DATABASE_URL: database.url,
      SITE_URL: siteUrl,
      SITE_ORIGINS: 'https://shop.example',
      SENDGRID_API_KEY: 'SG.local',
      SENDGRID_BASE_URL: inbox.url,
      SMS_PROVIDER: 'africastalking',
      AFRICASTALKING_USERNAME: 'sandbox',
      AFRICASTALKING_API_KEY: 'local',
      AFRICASTALKING_BASE_URL: smsInbox.url,
      INVOICE_EMAIL_FROM: 'duka@example.com',
      ALERT_EMAILS: 'none', // the inbox is for what customers get, unless a test says otherwise
      ORGANISATION_NAME: 'Duka la Kahawa',
      ORGANISATION_KRA_PIN: 'P051234567X',
      ...options.environment,
    }),
    { clock, log: createLog((line) => logLines.push(line)) },
  );
  useApp(app);
  const claim = 'insert into database_environment (environment, claimed_at) values ($1, now()) on conflict do nothing';
  await database.sql(claim, [app.config.mpesa.environment]);
  await database.sql('insert into minute_mark (ended_at) values ($1) on conflict (is_only) do nothing', [START]); // the minute before the world began
  await sellThings(database);

  return {
    app,
    database,
    clock,
    simulator,
    inbox,
    smsInbox,
    siteUrl,
    logLines,
    blobsFolder,
    settled,
    async send(method, path, { body, headers, ip = '203.0.113.7', patient = true } = {}) {
      const isFile = body instanceof Uint8Array;
      const json = body === undefined ? {} : { 'content-type': isFile ? 'application/octet-stream' : 'application/json' };
      const text = body === undefined ? null : typeof body === 'string' || isFile ? (body as BodyInit) : JSON.stringify(body);
      const request = new Request(`${siteUrl}${path}`, { method, headers: { ...json, ...headers }, body: text });
      const response = await route(request, { ip, requestId: randomUUID(), waitUntil });
      if (patient) await settled();
      return response;
    },
    async pass(minutes) {
      for (let minute = 0; minute < minutes; minute++) {
        const before = clock.now();
        await clock.advance(60_000);
        await settled();
        for (const name of dueBetween(before, clock.now())) await strike(name);
        await settled();
      }
    },
    async stop() {
      await settled();
      await app.db.close();
      await simulator.stop();
      await inbox.stop();
      await smsInbox.stop();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      if (blobsFolder) {
        delete process.env.NETLIFY_BLOBS_CONTEXT;
        await blobs?.stop();
        rmSync(blobsFolder, { recursive: true, force: true });
      }
      await database.drop();
    },
  };
}

const dueBetween = (before: Date, until: Date): string[] => {
  const due = functions.filter(({ config: { schedule } }) => schedule !== undefined && fallsBetween(schedule, before, until));
  return due.map(({ name }) => name).sort((a, b) => Number(a === 'scheduled-minute') - Number(b === 'scheduled-minute'));
};

async function sellThings({ sql }: FreshDatabase): Promise<void> {
  await sql(`insert into items (sku, name, kind, price_cents, min_cents, max_cents, vat_class, updated_at) values
    ('coffee', 'Coffee, 250 g', 'product', 125000, null, null, 'B', now()),
    ('mug', 'Mug', 'product', 90050, null, null, 'B', now()),
    ('maize', 'Maize flour, 2 kg', 'product', 20000, null, null, 'A', now()),
    ('gift', 'Gift to the school', 'donation', null, 1000, 10000000, 'D', now())`);
}

/** What must hold whenever nothing is under way: what is booked, proved and told together, is what Safaricom says, and nothing waits in clearing. */
export async function booksBalance({ app, simulator }: World) {
  const { paybill_float: proved = 0n, paybill_told: told = 0n, clearing: clearingCents = 0n } = await balances(app.db);
  const { receivedCents, sentCents } = simulator.control.truth();
  const truthCents = BigInt(receivedCents) - BigInt(sentCents);
  return { floatCents: proved + told, truthCents, clearingCents };
}
