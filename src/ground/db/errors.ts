/** SQLSTATE of our own: raised by the database function `refuse(code, detail)`; everything the statement or batch wrote is rolled back. */
const REFUSED = 'MP001';

type PostgresError = { code?: string; message?: string; detail?: string; constraint?: string };

function postgresError(error: unknown): PostgresError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (typeof (at as PostgresError).code === 'string') return at as PostgresError;
  return undefined;
}

/** Code and detail of `refuse(code, detail)` inside the database, or undefined for another error. */
export function refusalOf(error: unknown): { code: string; detail: unknown } | undefined {
  const raised = postgresError(error);
  if (raised?.code !== REFUSED) return undefined;
  return { code: raised.message ?? '', detail: raised.detail ? JSON.parse(raised.detail) : {} };
}

/** The name of the violated unique constraint, or undefined for another error. */
export const violatedConstraint = (error: unknown): string | undefined => {
  const raised = postgresError(error);
  return raised?.code === '23505' ? (raised.constraint ?? '') : undefined;
};

/** Whether a statement gave up waiting for a lock (`lock_timeout`). */
export const gaveUpWaiting = (error: unknown): boolean => postgresError(error)?.code === '55P03';

/** Whether a statement was ended because it and another one waited for each other's locks. */
export const wasDeadlocked = (error: unknown): boolean => postgresError(error)?.code === '40P01';

/** The innermost error: the outer ones quote the statement and its parameters, so only this one may be shown or logged. */
export function innermost(error: unknown): unknown {
  let at = error;
  while (at instanceof Error && at.cause !== undefined) at = at.cause;
  return at;
}

/** Whether the database refused the request because it belongs to another M-PESA environment. */
export const belongsElsewhere = (error: unknown): boolean => postgresError(error)?.code === 'MP003';

/** Statements collided, or the server was failing over: nothing was kept, and a retry works a moment later. */
const COLLISIONS = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '25006', // read-only for the moment
  '57014', // canceled: it took too long
]);

/** Messages of the driver or Neon's proxy, whose errors have an empty code, or none. */
const BROKEN =
  /fetch failed|error connecting|error communicating with the server|connection (closed|terminated)|socket|timeout exceeded|query read timeout|due to timeout|HTTP status (429|5\d\d)/i;

/** Whether the connection broke or the server was not ready: the statement may not have run, and is worth repeating if that is safe. */
function isConnectionError(error: unknown): boolean {
  const code = postgresError(error)?.code;
  if (code)
    return code.startsWith('08') || code.startsWith('57P') || code === '53300' || /^E[A-Z]+$/.test(code) || code.startsWith('UND_ERR');
  const inner = innermost(error);
  return inner instanceof Error && BROKEN.test(inner.message);
}

/**
 * Whether to repeat a statement that is safe to repeat: the connection broke or was refused, it took too long, or it collided with another.
 * Not after a unique violation: settling holds the lock of what is unique.
 */
export const isWorthRepeating = (error: unknown): boolean => isConnectionError(error) || COLLISIONS.has(postgresError(error)?.code ?? '');
