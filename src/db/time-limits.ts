/**
 * How long one request over HTTP may take. A callback gives up after 8 s (`repeated`), so that one that hangs leaves time for a second try; what we
 * send singly takes milliseconds, and seconds only while a database wakes up.
 */
export const STATEMENT_MS = 5_000;

/** How long a batch over HTTP may take: pieces of the nightly runs are batches. A job begins none after 14 s, and the platform ends it after 30 s. */
export const BATCH_MS = 15_000;

/** How long opening a connection over a WebSocket may take. */
export const CONNECT_MS = 5_000;

/** How long an interactive transaction may take in all, its connecting aside: several round trips, at times behind another one's locks, before the platform ends a job. */
export const TRANSACTION_MS = 20_000;

export type TimeLimits = { statementMs: number; batchMs: number; connectMs: number; transactionMs: number };

/** The limits where a customer, Safaricom or the platform waits. Commands that move much at once give `connect` wider ones. */
export const TIME_LIMITS: TimeLimits = {
  statementMs: STATEMENT_MS,
  batchMs: BATCH_MS,
  connectMs: CONNECT_MS,
  transactionMs: TRANSACTION_MS,
};
