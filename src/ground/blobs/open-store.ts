import { createHash } from 'node:crypto';
import type { Store } from '@netlify/blobs';
import type { Config } from '../config/config.ts';
import { retry } from '../retry.ts';

const ONE_REQUEST_MS = 4_000;

type Where = Pick<Config, 'site' | 'mpesa' | 'databaseUrl'>;

/** What is kept outside the database: callbacks that it could not take, and until when the minute lets it sleep. */
export type StorePurpose = 'spill' | 'rest';

/**
 * Opens a store in Netlify Blobs, one for each purpose, database and environment. Undefined where there are no Blobs, and for previews. Makes no request. The library is
 * loaded only now, and the store opened anew each time, since its access token is made for one call of the function.
 */
export async function openStore(config: Where, purpose: StorePurpose): Promise<Store | undefined> {
  if (config.site.isPreview) return undefined;
  const { getStore } = await import('@netlify/blobs');
  try {
    return getStore({ name: storeName(config, purpose), consistency: 'strong', fetch: fetchPatiently });
  } catch (error) {
    if (error instanceof Error && error.name === 'MissingBlobsEnvironmentError') return undefined;
    throw error;
  }
}

/**
 * The name of a store. The pooled and the direct host of a Neon database are the same database. User and password do not count, nor does the port of a local
 * database, which the local world draws anew at each start.
 */
export function storeName({ mpesa, databaseUrl }: Pick<Where, 'mpesa' | 'databaseUrl'>, purpose: StorePurpose): string {
  const { hostname, port, pathname } = new URL(databaseUrl);
  const host = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? 'local' : `${hostname.replace(/^([^.]+)-pooler\./, '$1.')}:${port}`;
  const database = `${host}${pathname}`;
  return `${purpose}-${mpesa.environment}-${createHash('sha256').update(database).digest('hex').slice(0, 24)}`;
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
