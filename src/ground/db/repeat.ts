import pRetry from 'p-retry';
import { isWorthRepeating } from './errors.ts';

/**
 * Safaricom calls back once, so work is repeated for this long; then there is still time to keep the callback elsewhere before Safaricom
 * stops waiting.
 */
export const PATIENCE_MS = 8_000;

/**
 * Repeats work that is safe to repeat until it succeeds, fails for good or time runs out. A try under way is then abandoned and may still
 * take effect, like any whose connection broke.
 */
export async function repeated<T>(work: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const over = new AbortController();
  const { promise: tired, reject } = Promise.withResolvers<never>();
  let last: unknown = new Error('The database did not answer: timeout exceeded.');
  const timer = setTimeout(() => {
    over.abort();
    reject(last);
  }, patienceMs);
  const repeating = pRetry(work, {
    ...{ retries: Number.POSITIVE_INFINITY, minTimeout: 50, maxTimeout: 1_000, signal: over.signal },
    shouldRetry: ({ error }) => {
      last = error;
      return isWorthRepeating(error);
    },
  });
  try {
    return await Promise.race([repeating, tired]);
  } finally {
    clearTimeout(timer);
    repeating.catch(() => undefined); // aborted by the signal after time ran out
  }
}
