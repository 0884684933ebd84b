import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { startPostgres } from '../../dev/postgres.ts';
import { TEMPLATE } from './template.ts';

/** Beside the packages, which are made anew where anything else may differ: another machine, another PostgreSQL. */
const CACHE = path.resolve('node_modules/.cache/malipo');

/** The data folder of a PostgreSQL that holds the migrated template: made once for these migrations, and kept for the runs after this one. */
export async function migratedFolder(): Promise<string> {
  const folder = path.join(CACHE, `migrated-${hashOfMigrations()}`);
  if (await stat(folder).catch(() => undefined)) return folder;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(path.join(CACHE, 'draft-'));
  try {
    await makeTemplate(path.join(draft, 'data'));
    await rename(path.join(draft, 'data'), folder).catch((error) => unlessMade(folder, error));
    await removeOthers(folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Whatever the template is made of: with another one of these it is another template. */
function hashOfMigrations(): string {
  const hash = createHash('sha256');
  for (const file of [...globSync('drizzle/**/*.sql'), ...globSync('src/ground/db/*.ts'), 'package-lock.json'].sort())
    hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

async function makeTemplate(dir: string): Promise<void> {
  const { migrate } = await import('#ground/db/migrate.ts'); // only where it is made: it loads for as long as PostgreSQL starts
  const postgres = await startPostgres({ dir });
  const endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  const admin = new pg.Client(postgres.url);
  try {
    await admin.connect();
    await admin.query(`create database ${TEMPLATE}`);
    await migrate(endpoint.url(TEMPLATE));
    await endpoint.dropConnections(TEMPLATE); // a database that someone is connected to cannot be copied
    await admin.query(`alter database ${TEMPLATE} with is_template true allow_connections false`);
  } finally {
    await admin.end();
    await endpoint.stop();
    await postgres.stop();
  }
}

/** Another run may have been faster; its folder is as good. */
async function unlessMade(folder: string, error: unknown): Promise<void> {
  if (!(await stat(folder).catch(() => undefined))) throw error;
}

/** Templates of other migrations: each branch that is worked on makes its own again. */
async function removeOthers(folder: string): Promise<void> {
  const others = (await readdir(CACHE)).filter((name) => name.startsWith('migrated-') && name !== path.basename(folder));
  await Promise.all(others.map((name) => rm(path.join(CACHE, name), { recursive: true, force: true })));
}
