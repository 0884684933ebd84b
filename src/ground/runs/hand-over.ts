import type { KeyObject } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import { makeCallbackToken, subjectOfToken } from '../callback-tokens/callback-token.ts';
import type { Ground } from '../ground.ts';

/** Longer than the platform takes to confirm the start. */
const PATIENCE_MS = 5_000;
const TOKEN_LIVES_MS = 10 * 60 * 1000;

/**
 * Has the background function, which has minutes of time, finish any open run. If it cannot be reached, the minute's job continues the run.
 */
export async function handOver({ db, clock, config, log }: Ground): Promise<'nothing left' | 'handed over' | 'not reached'> {
  const { rowCount } = await db.execute(sql`select from runs where finished_at is null limit 1`);
  return rowCount === 0 ? 'nothing left' : summonRuns({ clock, config, log });
}

/** Calls the background function, without looking whether any run is open. */
export async function summonRuns({ clock, config, log }: Pick<Ground, 'clock' | 'config' | 'log'>): Promise<'handed over' | 'not reached'> {
  const token = makeCallbackToken(config.callback.tokenKeys, 'runs', v7({ msecs: clock.now().getTime() }));
  try {
    const request = { method: 'POST', signal: AbortSignal.timeout(PATIENCE_MS) };
    const { ok, status } = await fetch(`${config.site.url}/api/runs/${token}/finish`, request);
    if (ok) return 'handed over';
    log.warn('runs_not_handed_over', { status });
  } catch (error) {
    log.error('runs_not_handed_over', error);
  }
  return 'not reached';
}

/** Whether we made this token in the last minutes to finish runs: its id is a UUIDv7, which begins with the time. */
export function maySummon(keys: KeyObject[], token: string, now: Date): boolean {
  const id = subjectOfToken(keys, 'runs', token);
  const madeAt = Number.parseInt((id ?? '').replaceAll('-', '').slice(0, 12), 16);
  return Math.abs(now.getTime() - madeAt) <= TOKEN_LIVES_MS;
}
