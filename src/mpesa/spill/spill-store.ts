import type { Store } from '@netlify/blobs';
import { openStore, storeName } from '#ground/blobs/open-store.ts';
import type { Config } from '#ground/config/config.ts';

/** What is known of a kept callback without reading it. `waiting`: to be read in. `dead`: could not be read. */
export type Entry = { key: string; shelf: 'waiting' | 'dead'; way: string; hash: string; arrivedAt: Date };

const KEY = /^(waiting|dead)\.([a-z0-9-]+)\.((?:\d{1,2}\.)?[\w-]{43})\.(\d{13})$/;

/** The store's key of an entry: which callback it is, by a keyed hash of address and body, and when it came. */
export const keyOf = ({ shelf, way, hash, arrivedAt }: Omit<Entry, 'key'>): string => `${shelf}.${way}.${hash}.${arrivedAt.getTime()}`;

/** Opens the store of callbacks that the database cannot take. Undefined where there are no Blobs, and for previews. */
export const openSpill = (config: Pick<Config, 'site' | 'mpesa' | 'databaseUrl'>): Promise<Store | undefined> => openStore(config, 'spill');

/** The name of that store. */
export const spillName = (config: Pick<Config, 'mpesa' | 'databaseUrl'>): string => storeName(config, 'spill');

/** What is kept, oldest first. */
export async function listSpilled(store: Store): Promise<Entry[]> {
  const { blobs } = await store.list();
  const entries = blobs.flatMap(({ key }) => {
    const [, shelf, way, hash, at] = KEY.exec(key) ?? [];
    return shelf && way && hash ? [{ key, shelf: shelf as Entry['shelf'], way, hash, arrivedAt: new Date(Number(at)) }] : [];
  });
  return entries.sort((a, b) => a.arrivedAt.getTime() - b.arrivedAt.getTime());
}

/** What is kept, by whether it waits to be read in: those that could not be read are tried again while the database is awake. 'unknown' where the store does not answer: the run that reads them in says why. */
export async function lookForSpilled({
  config,
}: {
  config: Pick<Config, 'site' | 'mpesa' | 'databaseUrl'>;
}): Promise<'waiting' | 'dead' | 'none' | 'unknown'> {
  try {
    const store = await openSpill(config);
    const entries = store ? await listSpilled(store) : [];
    return entries.some(({ shelf }) => shelf === 'waiting') ? 'waiting' : entries.length > 0 ? 'dead' : 'none';
  } catch {
    return 'unknown';
  }
}
