import type { Ground } from '#ground/ground.ts';
import type { Daraja } from '../daraja/client.ts';
import type { Destinations, Purposes } from './purpose.ts';
import type { Upstairs } from './upstairs.ts';

/** What code needs that makes no outgoing call: enough to receive a callback and book it. Callbacks start with no more than this, so they start fast. */
export type Core = Ground & { purposes: Purposes; destinations: Destinations };

/** Everything the code needs from the outside world. Tests build their own with a real database, a simulated Safaricom and a clock they turn. */
export type App = Core & {
  daraja: Daraja;
  /** The row of the token cache that belongs to our Daraja account. */
  tokenAccount: string;
  /** What the storeys above know of money. */
  upstairs: Upstairs;
};
