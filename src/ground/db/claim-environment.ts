import type { LookupProof } from './encryption.ts';
import type { Session } from './types.ts';

/**
 * The environment that the database must belong to, the look-up keys that its hashes must be made with, and whether this process has checked both already. A claim
 * never changes; when a look-up key is laid over the others, the table of each hash refuses those of earlier processes (lay-lookup-key.ts).
 */
export type Owner = { environment: 'sandbox' | 'production'; lookup?: LookupProof | undefined; isKnown: boolean };

/**
 * Raises MP003 when the database belongs to another M-PESA environment, MP004 when its hashes are made with other look-up keys. An unclaimed one refuses nothing;
 * `npm run doctor` reports it.
 */
export const ownerQuery = ({ environment, lookup }: Owner): { query: string; params: unknown[] } =>
  lookup
    ? {
        query: 'select refuse_other_environment_1($1), refuse_other_lookup_key_1($2::int, $3::text)',
        params: [environment, lookup.layers, lookup.fingerprint],
      }
    : { query: 'select refuse_other_environment_1($1)', params: [environment] };

/** The M-PESA environment that the database belongs to, or undefined while nobody has claimed it. */
export async function readEnvironment(client: Session): Promise<Owner['environment'] | undefined> {
  const { rows } = await client.query('select environment from database_environment');
  return rows[0]?.environment;
}

/** Claims the database for an M-PESA environment, once and for all. Throws when it belongs to the other one. */
export async function claimEnvironment(client: Session, environment: Owner['environment'], now: Date): Promise<void> {
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
