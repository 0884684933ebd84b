import { fallsBetween } from '../schedule.ts';
import { EACH_MINUTE, type Scheduled } from './strike-due.ts';

const MINUTE_MS = 60_000;

/** The time of the local world, which may be ahead of this machine's: each call of a function, and the simulator, reads this process's environment anew. */
export const worldNow = (): Date => new Date(Date.now() + aheadSeconds() * 1_000);

export const aheadSeconds = (): number => Number(process.env.CLOCK_AHEAD_SECONDS ?? 0);

function moveTo(moment: Date): void {
  process.env.CLOCK_AHEAD_SECONDS = String(Math.max(0, Math.ceil((moment.getTime() - Date.now()) / 1_000)));
}

/** The stops on the way to a later moment: each time at which a daily function is due, and the end. */
export function stopsUntil(schedules: readonly Scheduled[], from: Date, to: Date): Date[] {
  const daily = schedules.filter(({ schedule }) => schedule !== EACH_MINUTE);
  const stops: Date[] = [];
  for (let at = Math.floor(from.getTime() / MINUTE_MS) + 1; at * MINUTE_MS < to.getTime(); at++) {
    const [before, moment] = [new Date((at - 1) * MINUTE_MS), new Date(at * MINUTE_MS)];
    if (daily.some(({ schedule }) => fallsBetween(schedule, before, moment))) stops.push(moment);
  }
  return [...stops, to];
}

/**
 * Runs the strikes and journeys of a clock one after the other. A journey moves to each stop that is still to come and strikes there; a failure is reported to
 * `complain` and does not end it.
 */
export function inTurn(strike: () => Promise<void>) {
  let last = Promise.resolve();
  const afterTheLast = (work: () => Promise<void>) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    strike: () => afterTheLast(strike),
    travel: (stops: readonly Date[], complain: (text: string) => void) =>
      afterTheLast(async () => {
        for (const stop of stops) {
          if (stop <= worldNow()) continue; // another journey has been there meanwhile
          moveTo(stop);
          await strike().catch((error: unknown) => complain(`At ${stop.toISOString()}: ${error instanceof Error ? error.message : error}`));
        }
      }),
  };
}
