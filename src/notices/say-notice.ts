import type { Deliver } from '../outbox/drain.ts';

/** Says the message `notice`. */
export const sayNotice: Deliver<'notice'> = async () => {
  throw new Error('Not there yet.');
};
