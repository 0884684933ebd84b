import type { Core } from '../wiring/app.ts';
import { hashOf, sealTold, type Told } from './seal-told.ts';
import { type Entry, keyOf, listSpilled, openSpill, spillName } from './spill-store.ts';

/** The most callbacks that are kept. Above this the answer is a failure, so that Safaricom, or whoever floods us, notices. */
const MOST = 10_000;

/** All paybill notices come to one address, so whoever knows it can forge them: they get a part of the room, and a limited rate and size. */
const NOTICES = { way: 'c2b-confirmation', most: 5_000, mostPerMinute: 600, largestBytes: 8 * 1024 };

/** Safaricom has waited for the database already, and gives up soon. */
const PATIENCE_MS = 6_000;

/** How long this process relies on its list of the store. At worst a callback that the list has was read in or buried since. */
const BELIEVED_MS = 5_000;

/** `written` ends when the store has the callback: until then no answer may say that it is kept. */
type Kept = Omit<Entry, 'key'> & { written?: Promise<void> };

type Seen = { name: string; at: number; entries: Promise<Map<string, Kept>> };

let seen: Seen | undefined;

/**
 * Keeps a callback that the database cannot take, encrypted, until the minute's job reads it in. Call it only for what came to a secret address. An equal callback
 * is kept once. `full`: there is no room for it. `nowhere`: there are no Blobs. Throws when they do not answer in time.
 */
export async function keepTold({ config }: Pick<Core, 'config'>, told: Told): Promise<'kept' | 'full' | 'nowhere'> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('Netlify Blobs did not answer in time.')), PATIENCE_MS);
  const keeping = keep(config, told);
  try {
    return await Promise.race([keeping, promise]);
  } finally {
    clearTimeout(timer);
    keeping.catch(() => undefined); // it may still fail after the time-out
  }
}

async function keep(config: Core['config'], told: Told): Promise<'kept' | 'full' | 'nowhere'> {
  const store = await openSpill(config);
  if (!store) return 'nowhere';
  const name = spillName(config);
  if (seen?.name !== name || Date.now() - seen.at > BELIEVED_MS) {
    const entries = listSpilled(store).then((found) => new Map<string, Kept>(found.map((entry) => [`${entry.way}.${entry.hash}`, entry])));
    seen = { name, at: Date.now(), entries };
    entries.catch(() => {
      seen = undefined;
    });
  }
  const kept = await seen.entries;
  const { way, arrivedAt } = told;
  const entry: Kept = { shelf: 'waiting', way, hash: hashOf(told), arrivedAt };
  const identity = `${way}.${entry.hash}`;
  const known = kept.get(identity);
  if (!known) {
    if (kept.size >= MOST || !hasRoom([...kept.values()], told)) return 'full';
    entry.written = store.set(keyOf(entry), sealTold(told)).then(() => undefined);
    entry.written.catch(() => kept.delete(identity));
    kept.set(identity, entry);
  }
  await (known ?? entry).written;
  return 'kept';
}

function hasRoom(kept: Omit<Entry, 'key'>[], { way, body, arrivedAt }: Told): boolean {
  if (way !== NOTICES.way) return true;
  const notices = kept.filter((entry) => entry.way === way);
  const recent = notices.filter((entry) => arrivedAt.getTime() - entry.arrivedAt.getTime() < 60_000);
  return Buffer.byteLength(body) <= NOTICES.largestBytes && notices.length < NOTICES.most && recent.length < NOTICES.mostPerMinute;
}
