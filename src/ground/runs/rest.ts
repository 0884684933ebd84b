import * as z from 'zod';
import { openStore, storeName } from '../blobs/open-store.ts';
import type { Ground } from '../ground.ts';
import { nextQuarter } from './minute-mark.ts';

const MINUTE = 'minute';
const STIRRED = 'stirred';

/** A request may write until it ends, a minute after it said so at its beginning, and says so only once in half a minute: a minute that ends later has seen it. */
const WRITES_FOR_MS = 90_000;
/** So long the database is asked. */
const STIRRED_FOR_MS = 150_000;
const SAID_FOR_MS = 30_000;

const moment = z.iso.datetime().transform((at) => new Date(at));
const Minute = z.object({ endedAt: moment, until: moment, migratedAt: z.number().nullable().default(null) });
const Stirred = z.object({ at: moment });

/** When the last minute ended, until when nothing is due unless somebody stirs, and the newest migration that the database had when it was asked, if that is known. */
type Kept = z.output<typeof Minute>;

/** The same, and whether the database may sleep through this moment: nothing is due yet, and no request has come lately. */
export type Rest = Kept & { sleeps: boolean };

/** What the last minute left outside the database. Undefined where nobody knows: there are no Blobs, they do not answer, or no minute has written yet. */
export async function readRest({ config, clock, log }: Pick<Ground, 'config' | 'clock' | 'log'>): Promise<Rest | undefined> {
  try {
    const store = await openStore(config, 'rest');
    if (!store) return undefined;
    const [minute, stirred] = await Promise.all([MINUTE, STIRRED].map((key) => store.get(key, { type: 'json' })));
    const kept = Minute.safeParse(minute).data;
    if (!kept) return undefined;
    const now = clock.now();
    const stirredAt = Stirred.safeParse(stirred).data?.at;
    const since = (earlier: Date) => (stirredAt ? earlier.getTime() - stirredAt.getTime() : Number.POSITIVE_INFINITY);
    // minutes that were cut off, or could not write, have not seen what was written
    const isStirred = since(now) < STIRRED_FOR_MS || since(kept.endedAt) < WRITES_FOR_MS;
    return { ...kept, sleeps: kept.until > now && kept.until <= nextQuarter(now) && !isStirred };
  } catch (error) {
    log.error('rest_unknown', error);
    return undefined;
  }
}

/** Says that a minute has ended, and until when nothing is due. Never throws: who cannot read it asks the database. */
export async function writeRest({ config, log }: Pick<Ground, 'config' | 'log'>, rest: Kept): Promise<void> {
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
