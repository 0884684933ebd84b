import { fileURLToPath } from 'node:url';
import { Pool } from '@neondatabase/serverless';
import { drizzle } from 'drizzle-orm/neon-serverless';
import { migrate as runMigrations } from 'drizzle-orm/neon-serverless/migrator';
import { databaseUrl } from '../config.ts';
import { useLocalEndpointFor } from './client.ts';

const FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** Brings the database to the newest schema, each migration in one transaction. Safe to run again. */
export async function migrate(url: string): Promise<void> {
  useLocalEndpointFor(url);
  const pool = new Pool({ connectionString: url, max: 1 });
  pool.on('error', () => {});
  try {
    await runMigrations(drizzle({ client: pool }), { migrationsFolder: FOLDER });
  } finally {
    await pool.end();
  }
}

if (import.meta.main) {
  await migrate(databaseUrl());
  console.log('The database has the newest schema.');
}
