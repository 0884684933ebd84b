/** The environment that the database must belong to, and whether this process has checked it already: a claim never changes. */
export type Owner = { environment: 'sandbox' | 'production'; isKnown: boolean };

/** Raises MP003 when the database belongs to another M-PESA environment. An unclaimed one refuses nothing; `npm run doctor` reports it. */
export const OWNER_QUERY = 'select refuse_other_environment_1($1)';
