import { readWaiting } from '#desk/health/read-waiting.ts';
import type { Db } from '#ground/db/types.ts';
import { type Finding, findings } from './finding.ts';

const { warn, fail } = findings('database');

/** The scheduled function runs each minute: what has been due for longer than this is stuck. */
const LATE_SECONDS = 10 * 60;

/** What waits for the scheduled function, or for a person. */
export async function findWaiting(db: Db, now = new Date()): Promise<Finding[]> {
  const { deadLetters, reviews, oldestDueSeconds } = await readWaiting(db, now);
  return [
    ...((oldestDueSeconds ?? 0) > LATE_SECONDS
      ? [
          fail(
            'Messages have been due for more than ten minutes: the scheduled function does not run.',
            'See docs/operations.md, "The scheduled function".',
          ),
        ]
      : []),
    ...(deadLetters + reviews > 0
      ? [warn(`${reviews} tasks and ${deadLetters} dead letters wait for a person.`, 'See docs/operations.md, "Tasks".')]
      : []),
  ];
}
