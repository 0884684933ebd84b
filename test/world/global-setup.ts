import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '#ground/db/migrate.ts';
import { startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { startPostgres } from '../../dev/postgres.ts';
import { TEMPLATE } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresPort: number;
    neonPort: number;
  }
}

/** One PostgreSQL and one endpoint for the whole run, with a migrated template that every test file copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  const endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  const admin = new pg.Client(postgres.url);
  const teardown = async () => {
    await admin.end();
    await endpoint.stop();
    await postgres.stop();
  };
  try {
    await admin.connect();
    await admin.query(`create database ${TEMPLATE}`);
    await migrate(endpoint.url(TEMPLATE));
    await endpoint.dropConnections(TEMPLATE); // a database that someone is connected to cannot be copied
    await admin.query(`alter database ${TEMPLATE} with is_template true allow_connections false`);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('postgresPort', postgres.port);
  project.provide('neonPort', endpoint.port);
  return teardown;
}
