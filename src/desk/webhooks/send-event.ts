import { reasonOf, redact } from '#ground/log.ts';
import { guardedFetch } from '#ground/outbound/guarded-fetch.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { type Secrets, signEvent } from './sign-event.ts';

const TIMEOUT_MS = 10_000;
const SLOW_MS = 5_000;
const LARGEST_ANSWER = 4 * 1024;
const KEPT_OF_ANSWER = 200;

/** How a try ended: the status of the answer and its first characters, or why there is none. Only a status of 200 to 299 is a yes. */
export type Answer = { taken: boolean; answerStatus: number | null; answer: string | null; error: string | null; tookMs: number };

/** Whether a server answers as it should: with a yes, and not so late that it holds up the events of all the others. */
export const isWell = ({ taken, tookMs }: Answer): boolean => taken && tookMs < SLOW_MS;

/** Sends an event to an endpoint once, signed and behind the guard. Never throws: whatever its server does is an answer. */
export async function sendEvent(
  { config, clock }: Pick<App, 'config' | 'clock'>,
  endpoint: Secrets & { url: string },
  { eventId, body }: { eventId: string; body: string },
): Promise<Answer> {
  const begun = performance.now();
  const tookMs = () => Math.round(performance.now() - begun);
  const sentAt = new Date(clock.now().getTime() - config.clockAheadMs); // its server compares it with a clock of its own
  try {
    const { ok, status, text } = await guardedFetch(config.outbound, endpoint.url, {
      ...{
        method: 'POST',
        headers: signEvent(endpoint, eventId, body, sentAt),
        body,
        timeoutMs: TIMEOUT_MS,
        largestAnswer: LARGEST_ANSWER,
      },
    });
    const answer = redact(text.replaceAll('\0', '')).slice(0, KEPT_OF_ANSWER);
    return { taken: ok, answerStatus: status, answer: answer || null, error: null, tookMs: tookMs() };
  } catch (error) {
    return { taken: false, answerStatus: null, answer: null, error: reasonOf(error), tookMs: tookMs() };
  }
}
