import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `strike` again and again, `everyMs` after the last one began and never two at once. A failure is reported to `complain` and does not stop the clock. */
export function startStrikeClock(
  everyMs: number,
  strike: () => Promise<unknown>,
  complain: (text: string) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = async () => {
    while (!stopping.signal.aborted) {
      const next = sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      await strike().catch((error: unknown) =>
        complain(`The scheduled function failed: ${error instanceof Error ? error.message : error}`),
      );
      await next;
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
