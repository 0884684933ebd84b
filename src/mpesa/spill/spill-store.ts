import { createHash } from 'node:crypto';
import type { Store } from '@netlify/blobs';
import type { Config } from '#ground/config/config.ts';
import { retry } from '#ground/retry.ts';

/** What is known of a kept callback without reading it. `waiting`: to be read in. `dead`: could not be read. */
export type Entry = { key: string; shelf: 'waiting' | 'dead'; way: string; hash: string; arrivedAt: Date };

const KEY = /^(waiting|dead)\.([a-z0-9-]+)\.((?:\d{1,2}\.)?[\w-]{43})\.(\d{13})$/;
const ONE_REQUEST_MS = 4_000;

/** The store's key of an entry: which callback it is, by a keyed hash of address and body, and when it came. */
export const keyOf = ({ shelf, way, hash, arrivedAt }: Omit<Entry, 'key'>): string => `${shelf}.${way}.${hash}.${arrivedAt.getTime()}`;

/**
 * Opens the store of callbacks that the database cannot take: Netlify Blobs, one store for each database and environment. Undefined where there are no Blobs, and
 * for previews. Makes no request. The library is loaded only now, and the store opened anew each time, since its access token is made for one call of the function.
 */
export async function openSpill(config: Pick<Config, 'site' | 'mpesa' | 'databaseUrl'>): Promise<Store | undefined> {
  if (config.site.isPreview) return undefined;
  const { getStore } = await import('@netlify/blobs');
  try {
    return getStore({ name: spillName(config), consistency: 'strong', fetch: fetchPatiently });
  } catch (error) {
    if (error instanceof Error && error.name === 'MissingBlobsEnvironmentError') return undefined;
    throw error;
  }
}

/**
 * The name of the store. The pooled and the direct host of a Neon database are the same database. User and password do not count, nor does the port of a local
 * database, which the local world draws anew at each start.
 */
export function spillName({ mpesa, databaseUrl }: Pick<Config, 'mpesa' | 'databaseUrl'>): string {
  const { hostname, port, pathname } = new URL(databaseUrl);
  const host = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? 'local' : `${hostname.replace(/^([^.]+)-pooler\./, '$1.')}:${port}`;
  const database = `${host}${pathname}`;
  return `spill-${mpesa.environment}-${createHash('sha256').update(database).digest('hex').slice(0, 24)}`;
}

/** What is kept, oldest first. */
export async function listSpilled(store: Store): Promise<Entry[]> {
  const { blobs } = await store.list();
  const entries = blobs.flatMap(({ key }) => {
    const [, shelf, way, hash, at] = KEY.exec(key) ?? [];
    return shelf && way && hash ? [{ key, shelf: shelf as Entry['shelf'], way, hash, arrivedAt: new Date(Number(at)) }] : [];
  });
  return entries.sort((a, b) => a.arrivedAt.getTime() - b.arrivedAt.getTime());
}

/** The library waits five seconds before it tries again, which is too long while Safaricom waits for us: what fails is tried again at once. */
const fetchPatiently: typeof fetch = (url, init) =>
  retry(
    async () => {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ONE_REQUEST_MS) });
      if (response.status >= 500 || response.status === 429) throw new Error(`Netlify Blobs answered ${response.status}.`);
      return response;
    },
    { minTimeout: 100 },
    () => true,
  );
