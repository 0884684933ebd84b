import type { Store } from '@netlify/blobs';
import { sql } from 'drizzle-orm';
import { isWorthRepeating } from '#ground/db/errors.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { App, Core } from '../wiring/app.ts';
import { openTold, type Told } from './seal-told.ts';
import { type Entry, keyOf, listSpilled, openSpill } from './spill-store.ts';

/** Settles one way's callback as of the moment when it came, which the clock of `core` shows, and returns what is to follow from it now. */
export type Reader = (core: Core, subjectId: string, body: string) => Promise<(core: Core) => Promise<unknown>>;

/** How many callbacks are read in at the same time; those of one chunk are older than those of the next. */
const AT_ONCE = 8;
/** How many dead letters are tried again, oldest first: a missing key may be back. */
const DEAD_TRIED = 20;
const KEPT_MS = 7 * 24 * 60 * 60_000;

type Ending = 'read' | 'dead' | 'failed' | 'away';

/**
 * Reads in what was kept while the database was away, oldest first, by the reader of the address that it came to, as of the moment when it came. Each callback is
 * deleted only once it is settled, and settling one twice changes nothing: so a run may be killed, or two may run at once. What does not fit before the deadline
 * waits for the next run. What cannot be decrypted, or has no reader, becomes a dead letter with a task, and is deleted seven days after it came. Throws when a
 * callback was read and could not be settled; it stays.
 */
export const readInSpilled =
  (readers: Record<string, Reader>) =>
  async (app: App, deadline: Date): Promise<unknown> => {
    const store = await openSpill(app.config);
    if (!store) return 'nowhere';
    const entries = await listSpilled(store);
    const dead = entries.filter(({ shelf }) => shelf === 'dead').slice(0, DEAD_TRIED);
    const queue = [...entries.filter(({ shelf }) => shelf === 'waiting'), ...dead];
    const counts: Record<Ending, number> = { read: 0, dead: 0, failed: 0, away: 0 };
    while (queue.length > 0 && counts.away === 0 && app.clock.now() < deadline) {
      const endings = await Promise.all(queue.splice(0, AT_ONCE).map((entry) => readIn(app, store, readers, entry)));
      for (const ending of endings) counts[ending] += 1;
      if (counts.away > 0 && (await answers(app))) {
        // the database answers, so only these callbacks take too long: those behind them go on
        counts.failed += counts.away;
        counts.away = 0;
      }
    }
    if (counts.failed > 0) throw new Error(`${counts.failed} callbacks that were kept elsewhere could not be settled; they stay there.`);
    return { read: counts.read, dead: counts.dead, left: queue.length + counts.away };
  };

async function readIn(app: App, store: Store, readers: Record<string, Reader>, entry: Entry): Promise<Ending> {
  try {
    const sealed = await store.get(entry.key, { type: 'text' });
    if (sealed === null) return 'read'; // another run was faster
    const told = openTold(sealed);
    const reader = told && readers[told.way];
    if (!told || !reader) return await bury(app, store, entry, sealed);
    await settle(app, reader, told);
    await store.delete(entry.key);
    if (entry.shelf === 'dead') await closeTask(app, entry);
    return 'read';
  } catch (error) {
    app.log.error('spilled_not_settled', error, { way: entry.way, arrivedAt: entry.arrivedAt.toISOString() });
    return isWorthRepeating(error) ? 'away' : 'failed';
  }
}

const answers = ({ db }: App): Promise<boolean> =>
  db.execute(sql`select 1`).then(
    () => true,
    () => false,
  );

async function settle(app: App, reader: Reader, { subjectId, body, arrivedAt, way }: Told): Promise<void> {
  const then = await reader({ ...app, clock: { now: () => arrivedAt } }, subjectId, body);
  await then(app).catch((error) => app.log.error('after_callback_failed', error, { way, subjectId }));
}

/** Opens the task first and deletes the old entry last: the next run repeats it if this one is killed in between. */
async function bury({ db, clock, log }: App, store: Store, entry: Entry, sealed: string): Promise<Ending> {
  const { key, hash, shelf, arrivedAt } = entry;
  if (shelf === 'dead') {
    if (clock.now().getTime() - arrivedAt.getTime() <= KEPT_MS) return 'dead';
    log.error('spilled_given_up', undefined, { key });
  } else {
    await openTask(db, { kind: 'spilled_unreadable', subject: hash, openedAt: clock.now() });
    await store.set(keyOf({ ...entry, shelf: 'dead' }), sealed);
  }
  await store.delete(key);
  return 'dead';
}

async function closeTask({ db, clock }: App, { hash }: Entry): Promise<void> {
  const note = 'It could be read after all.';
  await db.execute(closeTasksSql({ kinds: ['spilled_unreadable'], subjects: [hash], closedAt: clock.now(), note }));
}
