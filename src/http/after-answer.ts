import { setImmediate as nextTurn } from 'node:timers/promises';

/** Starts work when the answer has been handed over, so that nobody waits for its first steps. */
export const afterAnswer = (work: () => Promise<unknown>): Promise<unknown> => nextTurn().then(work);
