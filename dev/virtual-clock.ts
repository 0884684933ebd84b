import { AsyncLocalStorage } from 'node:async_hooks';

/** The time, and a way to be called at a time, for whatever has to wait. `schedule` returns its own cancellation. */
export type Clock = { now(): Date; schedule(at: Date, run: () => void | Promise<void>): () => void };
/** A clock that moves only when told to. */
export type VirtualClock = Clock & { advance(ms: number): Promise<void> };

type Due = { at: number; run: () => void | Promise<void> };

/**
 * A clock for tests: `advance` runs everything that falls due, in order of time (and of scheduling, where times are equal),
 * awaits each before the next, and `now()` is the due time meanwhile. What is scheduled in the past runs at the next advance.
 */
export function createVirtualClock(start: Date): VirtualClock {
  let nowMs = start.getTime();
  let queue = Promise.resolve();
  const dues: Due[] = [];
  const insideAdvance = new AsyncLocalStorage<true>();

  async function runUntil(endMs: number): Promise<void> {
    for (let next = dues[0]; next !== undefined && next.at <= endMs; next = dues[0]) {
      dues.shift();
      nowMs = Math.max(nowMs, next.at);
      await next.run();
    }
    nowMs = endMs;
  }

  return {
    now: () => new Date(nowMs),
    schedule(at, run) {
      const due = { at: at.getTime(), run };
      dues.splice(dues.findLastIndex((other) => other.at <= due.at) + 1, 0, due);
      return () => {
        const index = dues.indexOf(due);
        if (index >= 0) dues.splice(index, 1);
      };
    },
    async advance(ms) {
      if (!(ms >= 0 && Number.isFinite(ms)))
        throw new RangeError(`A clock advances by a number of milliseconds of 0 or more, not by ${ms}.`);
      // Advances wait for each other, so one started by an event would wait for itself for ever.
      if (insideAdvance.getStore()) throw new Error('The clock is advancing already: schedule an event instead of advancing inside one.');
      const step = queue.then(() => insideAdvance.run(true, () => runUntil(nowMs + ms)));
      queue = step.catch(() => undefined);
      await step;
    },
  };
}
