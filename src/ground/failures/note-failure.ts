import { belongsElsewhere, isWorthRepeating } from '../db/errors.ts';
import type { Ground } from '../ground.ts';
import { type Described, describeFailure, type Failure } from './describe-failure.ts';
import { keepFailureSql } from './keep-failure.ts';
import { sendToSink } from './send-to-sink.ts';

/** What one process does about failures in a minute at most: the rest of them is added to the next. */
const MOST_A_MINUTE = 20;
const MINUTE_MS = 60_000;
/** Kinds of failures of which one process keeps count at the same time. */
const MOST_WAITING = 100;

type Waiting = { times: number; requestIds: string[] };
const waiting = new Map<string, Waiting>();
let minute = { since: 0, done: 0 };

/**
 * Adds a failure to the error log and tells the error sink, if there is one. Call it after the answer. It never throws, does little however much fails, and leaves the
 * database alone where that is what failed.
 */
export async function noteFailure(app: Ground, failure: Failure): Promise<void> {
  try {
    const described = describeFailure(failure);
    const counted = count(described.fingerprint, failure);
    if (!counted || !hasRoom(app.clock.now())) return;
    waiting.delete(described.fingerprint);
    await Promise.all([keep(app, failure.error, described, counted), tell(app, described, failure)]);
  } catch (error) {
    app.log.warn('failure_not_noted', { error: error instanceof Error ? error.name : typeof error });
  }
}

function count(fingerprint: string, { times = 1, requestId }: Failure): Waiting | undefined {
  const known = waiting.get(fingerprint) ?? { times: 0, requestIds: [] };
  if (known.times === 0 && waiting.size >= MOST_WAITING) return undefined;
  const counted = { times: known.times + times, requestIds: [...(requestId ? [requestId] : []), ...known.requestIds].slice(0, 5) };
  waiting.set(fingerprint, counted);
  return counted;
}

function hasRoom(now: Date): boolean {
  if (Math.abs(now.getTime() - minute.since) >= MINUTE_MS) minute = { since: now.getTime(), done: 0 };
  minute.done += 1;
  return minute.done <= MOST_A_MINUTE;
}

async function keep({ db, clock, log }: Ground, error: unknown, described: Described, counted: Waiting): Promise<void> {
  if (isWorthRepeating(error) || belongsElsewhere(error)) return;
  try {
    await db.execute(keepFailureSql(described, { ...counted, now: clock.now() }));
  } catch (second) {
    log.error('failure_not_kept', second, { fingerprint: described.fingerprint });
  }
}

async function tell({ config, clock, log }: Ground, described: Described, { error, requestId }: Failure): Promise<void> {
  if (!config.errorSink) return;
  try {
    await sendToSink(config, described, { error, requestId, now: clock.now() });
  } catch (second) {
    log.error('error_sink_not_reached', second);
  }
}
