import { belongsElsewhere, isWorthRepeating } from '../db/errors.ts';
import type { Ground } from '../ground.ts';
import { type Described, describeFailure, type Failure } from './describe-failure.ts';
import { keepFailureSql } from './keep-failure.ts';
import { sendToSink } from './send-to-sink.ts';

/** What one process does about failures in a minute at most: the rest of them is added to the next. */
const MOST_A_MINUTE = 20;
const MINUTE_MS = 60_000;
/** Kinds of failures of which one process keeps count at the same time. Of more the oldest are given up. */
const MOST_WAITING = 100;

/** Failures alike that are not written yet: the latest of them, and how many they are. */
type Waiting = { described: Described; failure: Failure; times: number; requestIds: string[] };
const waiting = new Map<string, Waiting>();
let minute = { since: 0, done: 0 };

/**
 * Adds a failure to the error log and tells the error sink, if there is one; the first of a minute takes along what the minute before left. Call it after the answer. It
 * never throws, does little however much fails, and leaves the database alone where that is what failed. Forged callbacks are counted once a minute before: they always have room.
 */
export async function noteFailure(app: Ground, failure: Failure): Promise<void> {
  try {
    const counted = count(failure);
    await Promise.all(takeDue(counted, app.clock.now()).map((one) => Promise.all([keep(app, one), tell(app, one)])));
  } catch (error) {
    app.log.warn('failure_not_noted', { error: error instanceof Error ? error.name : typeof error });
  }
}

function count(failure: Failure): Waiting {
  const { times = 1, requestId } = failure;
  const described = describeFailure(failure);
  const known = waiting.get(described.fingerprint);
  const [oldest] = waiting.keys();
  if (!known && oldest !== undefined && waiting.size >= MOST_WAITING) waiting.delete(oldest);
  const requestIds = [...(requestId ? [requestId] : []), ...(known?.requestIds ?? [])].slice(0, 5);
  const counted = { described, failure, times: (known?.times ?? 0) + times, requestIds };
  waiting.set(described.fingerprint, counted);
  return counted;
}

/** What is to be written now, this failure first: as much of all that waits as a new minute has room for, or this one alone. */
function takeDue(counted: Waiting, now: Date): Waiting[] {
  const isNew = Math.abs(now.getTime() - minute.since) >= MINUTE_MS;
  if (isNew) minute = { since: now.getTime(), done: 0 };
  const isForged = counted.failure.kind === 'forged';
  const others = isNew ? [...waiting.values()].filter((one) => one !== counted) : [];
  const due = [counted, ...others].slice(0, Math.max(MOST_A_MINUTE - minute.done, isForged ? 1 : 0));
  minute.done += isForged ? due.length - 1 : due.length;
  for (const { described } of due) waiting.delete(described.fingerprint);
  return due;
}

async function keep({ db, clock, log }: Ground, { described, failure, ...counted }: Waiting): Promise<void> {
  if (isWorthRepeating(failure.error) || belongsElsewhere(failure.error)) return;
  try {
    await db.execute(keepFailureSql(described, { ...counted, now: clock.now() }));
  } catch (second) {
    log.error('failure_not_kept', second, { fingerprint: described.fingerprint });
  }
}

async function tell({ config, clock, log }: Ground, { described, failure: { error, requestId } }: Waiting): Promise<void> {
  if (!config.errorSink) return;
  try {
    await sendToSink(config, described, { error, requestId, now: clock.now() });
  } catch (second) {
    log.error('error_sink_not_reached', second);
  }
}
