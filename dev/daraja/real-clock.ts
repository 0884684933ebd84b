import type { Clock } from '../virtual-clock.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** In the local world M-PESA goes ahead with the functions: a payment of a later day bears that day's stamp. */
const now = () => new Date(Date.now() + Number(process.env.CLOCK_AHEAD_SECONDS ?? 0) * 1_000);

/** The machine's clock. Its timers keep no process alive; `failed` hears of errors, since nobody awaits them. */
export function createRealClock(failed: (error: unknown) => void): Clock {
  return {
    now,
    schedule(at, run) {
      const waitMs = Math.min(Math.max(at.getTime() - now().getTime(), 0), LONGEST_TIMER_MS);
      const timer = setTimeout(() => void (async () => run())().catch(failed), waitMs).unref();
      return () => clearTimeout(timer);
    },
  };
}
