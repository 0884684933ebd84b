import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { databaseUrl } from '#ground/config/config.ts';
import { connect } from '#ground/db/client.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { findMigrations } from './check-migrations.ts';
import { findOwner } from './check-owner.ts';
import { explainDatabaseError } from './explain-database-error.ts';
import { findWaiting } from './find-waiting.ts';
import { type Check, type Finding, findings } from './finding.ts';
import { tryKeys } from './try-keys.ts';

const { ok, fail } = findings('database');

const NEON = /\.neon\.(tech|build)$/;
const LOCAL = /^(127\.0\.0\.1|localhost|\[::1\])$/;

const NO_WEBSOCKET = fail(
  'The database answers single statements, but no transaction: those travel over a WebSocket.',
  'Look for a proxy or firewall that stops WebSockets between here and the database.',
);

/** Netlify's names for AWS regions. */
const NETLIFY_REGIONS: Record<string, string> = { 'us-east-2': 'cmh', 'eu-central-1': 'fra' };

/** Whether the database answers both ways we use it, single statements over HTTPS and transactions over a WebSocket, and has all migrations. */
export const checkDatabase: Check = async (patient) => {
  const url = readUrl(patient.environment);
  if (!url) return [];
  const { hostname } = new URL(url);
  const db = connect(url);
  try {
    await within(patient.timeoutMs, db.execute(sql`select 1`)); // a sleeping database wakes up first
    const startedAt = performance.now();
    const [server] = await within(
      patient.timeoutMs,
      readRows(db, z.object({ version: z.string() }), sql`select current_setting('server_version') as version`),
    );
    const tookMs = Math.round(performance.now() - startedAt);
    const transacts = await within(patient.timeoutMs, openTransaction(db)).then(
      () => true,
      () => false,
    );
    if (!transacts) return [NO_WEBSOCKET, ...(await findMigrations(db))];
    const reached = ok(
      `PostgreSQL ${server?.version.split(' ')[0]} answers in ${tookMs} ms from here, in single statements and in transactions.`,
    );
    const schema = await findMigrations(db);
    const complete = schema.every(({ state }) => state !== 'fail');
    return [
      reached,
      ...region(hostname),
      ...schema,
      ...(complete
        ? [...(await findOwner(db, patient.environment)), ...(await tryKeys(db, patient.environment)), ...(await findWaiting(db))]
        : []),
    ];
  } catch (error) {
    const { says, mend } = explainDatabaseError(error, hostname, NEON.test(hostname) || LOCAL.test(hostname));
    return [fail(says, mend)];
  } finally {
    await db.close().catch(() => undefined);
  }
};

/** The database's address; nothing when it is missing or unreadable: the configuration check says so. */
function readUrl(environment: NodeJS.ProcessEnv): string | undefined {
  try {
    return databaseUrl(environment);
  } catch {
    return undefined;
  }
}

const openTransaction = (db: Db) => db.transaction((tx) => tx.execute(sql`select 1`));

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('doctor: no answer in time')), timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // may still fail when nobody listens any more
  }
}

/** A note, not a warning: where the functions run cannot be seen from here. */
function region(hostname: string): Finding[] {
  const [, aws] = /\.([a-z]{2}-[a-z]+-\d)\.aws\.neon\./.exec(hostname) ?? [];
  if (!aws) return [];
  const netlify = NETLIFY_REGIONS[aws];
  return [
    ok(`It is in ${aws}: let the functions run ${netlify ? `in Netlify's region "${netlify}"` : 'in the nearest region of Netlify'}.`),
  ];
}
