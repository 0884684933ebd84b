import pRetry, { type Options } from 'p-retry';

/** When to try again: pauses double from `minTimeout`. There are two more tries unless `retries` says otherwise. */
type Patience = Pick<Options, 'retries' | 'maxTimeout' | 'maxRetryTime' | 'randomize' | 'signal'> & { minTimeout: number };

/**
 * Repeats work that is safe to repeat, while its failure is worth another try (for the database: `isWorthRepeating` in db/errors.ts).
 * Rejects with the last failure.
 */
export const retry = <T>(work: () => Promise<T>, patience: Patience, isWorthIt: (error: Error) => boolean): Promise<T> =>
  pRetry(work, { retries: 2, ...patience, shouldRetry: ({ error }) => isWorthIt(error) });
