import type { Stage } from '../stage.ts';
import type { Lane, Telling } from '../world-of-money.ts';

/** One way in which the product hears of money, and how a lane's telling is said to it: `tell` returns the status that it was answered. */
export type Source = {
  name: 'callback' | 'notice' | 'query' | 'status' | 'pull' | 'statement' | 'balance';
  /** Whether the product can hear it. A source that it cannot hear yet is absent, and named as such. */
  isBuilt(): boolean;
  tell(stage: Stage, lane: Lane, telling: Telling, killed: boolean): Promise<number>;
};
