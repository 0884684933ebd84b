import type { Context } from '@netlify/functions';
import { noteFailure } from '#ground/failures/note-failure.ts';
import type { Core } from '#mpesa/wiring/app.ts';
import { afterAnswer } from './after-answer.ts';

/** So many callbacks within a minute that one process did not believe are a burst: one alone costs nothing, as a stray request does not. */
const BURST = 10;
const MINUTE_MS = 60_000;

let minute = { since: 0, count: 0, told: false };

/** Counts a callback that was not believed. A burst goes to the error log, once a minute, with how many they were. */
export function noteForged(core: Core, context: Pick<Context, 'requestId' | 'waitUntil'>): void {
  const now = core.clock.now().getTime();
  if (Math.abs(now - minute.since) >= MINUTE_MS) minute = { since: now, count: 0, told: false };
  minute.count += 1;
  if (minute.count < BURST || minute.told) return;
  minute.told = true;
  const failure = {
    kind: 'forged',
    what: 'callbacks',
    error: new Error('Callbacks were not believed.'),
    requestId: context.requestId,
    times: BURST,
  } as const;
  context.waitUntil(afterAnswer(() => noteFailure(core, failure)));
}
