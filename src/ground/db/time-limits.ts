export type TimeLimits = { statementMs: number; batchMs: number; connectMs: number; transactionMs: number };

/**
 * How long we wait for the database while a customer, Safaricom or the platform waits for us. Bulk commands give `connect` wider limits.
 */
export const TIME_LIMITS: TimeLimits = {
  /**
   * A single statement over HTTP. A callback has 8 s (`repeated`): a try that hangs leaves time for a second; a sleeping database wakes up
   * in less.
   */
  statementMs: 5_000,
  /** A batch over HTTP. Chunks of the nightly runs are batches: a job begins none after 14 s, and the platform ends it after 30 s. */
  batchMs: 15_000,
  /** Opening a connection over a WebSocket. */
  connectMs: 5_000,
  /** A whole interactive transaction: several round trips, at times behind another one's locks. */
  transactionMs: 20_000,
};
