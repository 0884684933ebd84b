import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { webhookEndpoints } from './webhooks.schema.ts';

/** The columns of an endpoint `e`. */
export const ENDPOINT = pick(webhookEndpoints, 'e', [
  ...(['id', 'url', 'events', 'secret', 'earlierSecret', 'earlierUntil', 'enabled', 'disabledAt'] as const),
  ...(['failingSince', 'failures', 'pausedUntil', 'createdBy', 'createdAt'] as const),
]);
export type Endpoint = z.output<typeof ENDPOINT.row>;

/** An endpoint that was not removed. Throws `webhook_not_found`. */
export async function findEndpoint(db: Reader, id: string): Promise<Endpoint> {
  const [found] = await readRows(
    db,
    ENDPOINT.row,
    sql`select ${ENDPOINT.list} from webhook_endpoints e where e.id = ${id}::uuid and e.removed_at is null`,
  );
  if (!found) throw notFound();
  return found;
}

export const notFound = (): AppError => new AppError('webhook_not_found', 'There is no such webhook endpoint, or it was removed.');

/** An endpoint as the API shows it: never its secrets, and its whole address only to whoever may change it, since a path may hold a secret. */
export const presentEndpoint = (endpoint: Endpoint, { scopes }: Pick<Caller, 'scopes'>) => ({
  webhookId: endpoint.id,
  url: scopes.includes('webhooks:manage') ? endpoint.url : `${new URL(endpoint.url).origin}/...`,
  events: endpoint.events,
  enabled: endpoint.enabled,
  disabledAt: endpoint.disabledAt?.toISOString() ?? null,
  failingSince: endpoint.failingSince?.toISOString() ?? null,
  nextTryAt: endpoint.pausedUntil?.toISOString() ?? null,
  earlierSecretUntil: endpoint.earlierSecret === null ? null : (endpoint.earlierUntil?.toISOString() ?? null),
  createdAt: endpoint.createdAt.toISOString(),
  createdBy: endpoint.createdBy,
});

/** The name of its server: what the trail and tasks say of an address. */
export const hostOf = (url: string): string => new URL(url).host;
