/** For whom the database must be, and whether it has said so to this process: what is once claimed stays so. */
export type Owner = { environment: 'sandbox' | 'production'; isKnown: boolean };

/** Raises MP003 when the database belongs to another M-PESA environment. One that nobody has claimed refuses nothing: `npm run doctor` says so. */
export const OWNER_QUERY = 'select refuse_other_environment_1($1)';
