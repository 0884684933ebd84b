import { setImmediate as nextTurn } from 'node:timers/promises';

/** Starts work once the answer is handed over, so that the caller does not wait for its first steps. */
export const afterAnswer = (work: () => Promise<unknown>): Promise<unknown> => nextTurn().then(work);
