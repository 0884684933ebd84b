import type { Deliver } from '../outbox/drain.ts';

/** Says the message `digest`. */
export const sayDigest: Deliver<'digest'> = async () => {
  throw new Error('Not there yet.');
};
