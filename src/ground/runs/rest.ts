import * as z from 'zod';
import { openStore, storeName } from '../blobs/open-store.ts';
import type { Ground } from '../ground.ts';
import { nextQuarter } from './minute-mark.ts';

const MINUTE = 'minute';
const STIRRED = 'stirred';

/** A request may write until it ends, a minute after it said so at its beginning, and says so only once in half a minute: so long the database is asked. */
const STIRRED_FOR_MS = 150_000;
const SAID_FOR_MS = 30_000;

const moment = z.iso.datetime().transform((at) => new Date(at));
const Minute = z.object({ endedAt: moment, until: moment });
const Stirred = z.object({ at: moment });

/** When the last minute ended, and until when nothing is due unless somebody stirs. */
export type Rest = z.output<typeof Minute>;

/**
 * Whether the database may sleep through this minute: nothing is due yet, and no request has come lately. Undefined where it may not, or where nobody knows: there are
 * no Blobs, they do not answer, or no minute has written yet.
 */
export async function readRest({ config, clock, log }: Pick<Ground, 'config' | 'clock' | 'log'>): Promise<Rest | undefined> {
  try {
    const store = await openStore(config, 'rest');
    if (!store) return undefined;
    const [minute, stirred] = await Promise.all([MINUTE, STIRRED].map((key) => store.get(key, { type: 'json' })));
    const rest = Minute.safeParse(minute).data;
    const stirredAt = Stirred.safeParse(stirred).data?.at;
    const now = clock.now();
    const isAwake = stirredAt !== undefined && now.getTime() - stirredAt.getTime() < STIRRED_FOR_MS;
    return rest && rest.until > now && rest.until <= nextQuarter(now) && !isAwake ? rest : undefined;
  } catch (error) {
    log.error('rest_unknown', error);
    return undefined;
  }
}

/** Says that a minute has ended, and until when nothing is due. Never throws: who cannot read it asks the database. */
export async function writeRest({ config, log }: Pick<Ground, 'config' | 'log'>, rest: Rest): Promise<void> {
  try {
    const store = await openStore(config, 'rest');
    await store?.setJSON(MINUTE, rest);
  } catch (error) {
    log.error('rest_not_written', error);
  }
}

const said = new Map<string, number>();

/**
 * Says that something may be written from now on, so that the next minutes ask the database what is due. Called at the beginning of each request, and at the end of what
 * takes longer than a request may. Never throws; what it could not say waits for the quarter of an hour.
 */
export async function stir({ config, clock, log }: Pick<Ground, 'config' | 'clock' | 'log'>): Promise<void> {
  const [name, now] = [storeName(config, 'rest'), clock.now()];
  if (Math.abs(now.getTime() - (said.get(name) ?? 0)) < SAID_FOR_MS) return;
  said.set(name, now.getTime());
  try {
    const store = await openStore(config, 'rest');
    await store?.setJSON(STIRRED, { at: now });
  } catch (error) {
    said.delete(name);
    log.error('not_stirred', error);
  }
}
