import { type Owner, ownerQuery } from './claim-environment.ts';
import { keepAliveFetch } from './keep-alive-fetch.ts';

export type TimeLimits = { statementMs: number; batchMs: number; connectMs: number; transactionMs: number };

/**
 * How long we wait for the database while a customer, Safaricom or the platform waits for us. Bulk commands give `connect` wider limits.
 */
export const TIME_LIMITS: TimeLimits = {
  /**
   * A single statement over HTTP. A callback has 8 s (`repeated`): a try that hangs leaves time for a second; a sleeping database wakes up
   * in less.
   */
  statementMs: 5_000,
  /** A batch over HTTP. Chunks of the nightly runs are batches: a job begins none after 14 s, and the platform ends it after 30 s. */
  batchMs: 15_000,
  /** Opening a connection over a WebSocket. */
  connectMs: 5_000,
  /** A whole interactive transaction: several round trips, at times behind another one's locks. */
  transactionMs: 20_000,
};

/** What each request passes to the driver: its time limits, and the owner, which is checked until it is known. */
export type Sending = { limits: TimeLimits; owner?: Owner | undefined };

type Init = { method?: string; headers?: Record<string, string>; body: string; sending?: Sending };

/**
 * Sends the driver's HTTP requests within a time limit. Until the database's owner is checked, each request begins with that query, in one
 * transaction with its statements: it costs no round trip, and with a wrong owner nothing is read or written.
 */
export async function sendSql(
  url: string,
  { sending = { limits: TIME_LIMITS }, ...init }: Init,
): Promise<Pick<Response, 'ok' | 'status' | 'text' | 'json'>> {
  const { limits, owner } = sending;
  const isBatch = init.body.startsWith('{"queries":');
  const signal = AbortSignal.timeout(isBatch ? limits.batchMs : limits.statementMs);
  if (!owner || owner.isKnown) return keepAliveFetch(url, { ...init, signal });
  const asked = JSON.parse(init.body);
  const queries = [ownerQuery(owner), ...(isBatch ? asked.queries : [asked])];
  const response = await keepAliveFetch(url, { ...init, signal, body: JSON.stringify({ queries }) });
  if (!response.ok) return response;
  const { results } = (await response.json()) as { results: unknown[] };
  owner.isKnown = true;
  const [, ...own] = results;
  return Response.json(isBatch ? { results: own } : own[0]);
}
