import type { Clock } from '../virtual-clock.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep no process alive; `failed` hears of errors, since nobody awaits them. */
export function createRealClock(failed: (error: unknown) => void): Clock {
  return {
    now: () => new Date(),
    schedule(at, run) {
      const waitMs = Math.min(Math.max(at.getTime() - Date.now(), 0), LONGEST_TIMER_MS);
      const timer = setTimeout(() => void (async () => run())().catch(failed), waitMs).unref();
      return () => clearTimeout(timer);
    },
  };
}
