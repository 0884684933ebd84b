import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { innermost } from '../db/errors.ts';
import { framesOf } from '../log.ts';
import { guardedFetch } from '../outbound/guarded-fetch.ts';
import type { Described } from './describe-failure.ts';

const TIMEOUT_MS = 3_000;

/** Sends one failure to the error sink, in the envelope that Sentry and what is compatible with it read. Nothing personal is in it. */
export async function sendToSink(
  { errorSink, outbound, mpesa }: Pick<Config, 'errorSink' | 'outbound' | 'mpesa'>,
  { fingerprint, kind, what, error: type, message }: Described,
  { error, requestId, now }: { error: unknown; requestId: string | undefined; now: Date },
): Promise<void> {
  if (!errorSink) return;
  const eventId = randomUUID().replaceAll('-', '');
  const event = {
    ...{ event_id: eventId, timestamp: now.toISOString(), platform: 'node', level: 'error', logger: kind },
    ...{ environment: mpesa.environment, transaction: what, fingerprint: [fingerprint] },
    tags: { kind, ...(requestId && { request_id: requestId }) },
    exception: { values: [{ type, value: message }] },
    extra: { at: framesOf(innermost(error)) },
  };
  const lines = [{ event_id: eventId, sent_at: now.toISOString() }, { type: 'event' }, event];
  const { ok, status } = await guardedFetch(outbound, errorSink.url, {
    ...{ method: 'POST', timeoutMs: TIMEOUT_MS, body: lines.map((line) => JSON.stringify(line)).join('\n') },
    headers: {
      'content-type': 'application/x-sentry-envelope',
      'x-sentry-auth': `Sentry sentry_version=7, sentry_client=malipo/1, sentry_key=${errorSink.key}`,
    },
  });
  if (!ok) throw new Error(`The error sink answered ${status}.`);
}
