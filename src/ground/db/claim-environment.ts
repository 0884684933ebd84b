import type { PoolClient } from '@neondatabase/serverless';

/** The environment that the database must belong to, and whether this process has checked it already: a claim never changes. */
export type Owner = { environment: 'sandbox' | 'production'; isKnown: boolean };

/** Raises MP003 when the database belongs to another M-PESA environment. An unclaimed one refuses nothing; `npm run doctor` reports it. */
export const OWNER_QUERY = 'select refuse_other_environment_1($1)';

/** The M-PESA environment that the database belongs to, or undefined while nobody has claimed it. */
export async function readEnvironment(client: Pick<PoolClient, 'query'>): Promise<Owner['environment'] | undefined> {
  const { rows } = await client.query('select environment from database_environment');
  return rows[0]?.environment;
}

/** Claims the database for an M-PESA environment, once and for all. Throws when it belongs to the other one. */
export async function claimEnvironment(client: Pick<PoolClient, 'query'>, environment: Owner['environment'], now: Date): Promise<void> {
  await client.query('insert into database_environment (environment, claimed_at) values ($1, $2) on conflict do nothing', [
    environment,
    now,
  ]);
  refuseOther(await readEnvironment(client), environment);
}

/** Throws when the database belongs to the other environment. */
export function refuseOther(owner: Owner['environment'] | undefined, wanted: Owner['environment'] | undefined): void {
  if (owner === undefined || wanted === undefined || owner === wanted) return;
  throw new Error(
    `This database belongs to the ${owner} environment of M-PESA, and stays so: for ${wanted} use another database (DATABASE_URL), or correct MPESA_ENV.`,
  );
}
