import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { sqlRequests } from '../world/count-requests.ts';
import { operator } from '../world/operator.ts';
import type { World } from '../world/world.ts';

type Json = Record<string, unknown>;
type Kind = 'transaction-status' | 'account-balance';

/** A treasurer's key and what they do with it, through the real functions. */
export async function startAsking(world: World) {
  const headers = await operator(world, 'balance:read');
  const json = async (response: Response) => ({ status: response.status, body: (await response.json()) as Json });
  return {
    headers,
    ask: async (body: unknown) => json(await world.send('POST', '/api/transaction-status', { body, headers })),
    read: async (id: unknown) => json(await world.send('GET', `/api/transaction-status/${id}`, { headers })),
    askBalance: async () => json(await world.send('POST', '/api/account-balance', { body: {}, headers })),
    balances: async (query = '') => json(await world.send('GET', `/api/account-balance${query}`, { headers })),
  };
}

/** Where Safaricom posts the answer to a question, or that it gave up. */
export const addressOf = (world: World, kind: Kind, inquiryId: unknown, what: 'result' | 'timeout' = 'result'): string =>
  `/api/callbacks/${kind}/${makeCallbackToken(world.app.config.callback.tokenKeys, kind, String(inquiryId))}/${what}`;

/** Round trips to the database before a callback is answered. */
export async function tripsOf(world: World, path: string, body: unknown): Promise<{ status: number; trips: number }> {
  await world.settled();
  const before = sqlRequests();
  const { status } = await world.send('POST', path, { body, patient: false });
  const trips = sqlRequests() - before;
  await world.settled();
  return { status, trips };
}

/** The kinds and subjects of open tasks. */
export const openTasks = (world: World) =>
  world.database.sql<{ kind: string; subject: string }>('select kind, subject from reviews where closed_at is null order by kind, subject');

/** The verdicts of what was said about a question, in order. */
export const verdictsOn = async (world: World, inquiryId: unknown) =>
  (
    await world.database.sql<{ verdict: string }>('select verdict from evidence where subject_id = $1 order by received_at, id', [
      inquiryId,
    ])
  ).map(({ verdict }) => verdict);

/** Begins what it is given while a question is locked, so that all of it looks at the same moment. */
export async function whileLocked<T>(world: World, inquiryId: string, begin: () => Promise<T>[]): Promise<T[]> {
  const holding = world.database.sql(`begin; select from inquiries where id = '${inquiryId}' for update; select pg_sleep(0.7); commit`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const begun = begin();
  await holding;
  return Promise.all(begun);
}
