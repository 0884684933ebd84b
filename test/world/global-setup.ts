import type { TestProject } from 'vitest/node';
import { startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { startPostgres } from '../../dev/postgres.ts';
import { migratedFolder } from './migrated-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresPort: number;
    neonPort: number;
  }
}

/** One PostgreSQL and one endpoint for the whole run, with a migrated template that every test file copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ like: await migratedFolder() });
  const endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  project.provide('postgresPort', postgres.port);
  project.provide('neonPort', endpoint.port);
  return async () => {
    await endpoint.stop();
    await postgres.stop();
  };
}
