/** How a delivery ended. */
export type Outcome = { id: string; state: 'sent' | 'postponed' | 'failed' | 'refused' | 'dead'; dueAt: Date; error: string | null };

const MARK_EVERY_MS = 100;

/**
 * Writes down how deliveries ended while others go on: all that ended within a tenth of a second in one statement. So little is sent a second time where the process ends,
 * and a slow provider keeps nothing unwritten. `rest` writes what is left; it throws where anything could not be written, which is delivered again after its lease.
 */
export function createMarker(write: (outcomes: Outcome[]) => Promise<void>) {
  let ended: Outcome[] = [];
  let timer: NodeJS.Timeout | undefined;
  let written = Promise.resolve();
  const rest = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const outcomes = ended;
    ended = [];
    if (outcomes.length > 0) written = Promise.all([written, write(outcomes)]).then(() => undefined);
    return written;
  };
  const writeSoon = () => void rest().catch(() => undefined); // the last `rest` throws it
  return {
    add: (outcome: Outcome): void => {
      ended.push(outcome);
      timer ??= setTimeout(writeSoon, MARK_EVERY_MS);
    },
    rest,
  };
}
