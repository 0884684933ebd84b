import type { Ground } from '../ground.ts';
import { guardedFetch } from '../outbound/guarded-fetch.ts';

const TIMEOUT_MS = 3_000;

/** Calls HEARTBEAT_URL, where one is set: an outside watch that is not called for some minutes knows that the clock is dead. Never throws: not being called is the alarm. */
export async function callHeartbeat({ config, log }: Pick<Ground, 'config' | 'log'>): Promise<void> {
  if (!config.heartbeatUrl) return;
  try {
    const { ok, status } = await guardedFetch(config.outbound, config.heartbeatUrl, { timeoutMs: TIMEOUT_MS });
    if (!ok) log.warn('heartbeat_not_taken', { status });
  } catch (error) {
    log.error('heartbeat_not_taken', error);
  }
}
