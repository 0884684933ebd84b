import { keepAliveFetch } from './keep-alive-fetch.ts';
import { OWNER_QUERY, type Owner } from './owner.ts';
import { TIME_LIMITS, type TimeLimits } from './time-limits.ts';

/** What the driver is given with each request of ours: how long it may take, and for whom the database must be while that is not known. */
export type Sending = { limits: TimeLimits; owner?: Owner | undefined };

type Init = { method?: string; headers?: Record<string, string>; body: string; sending?: Sending };

/**
 * Carries what the driver sends over HTTP, within a time limit. Until the database has said whose it is, each request begins with that question, in one
 * transaction with what it brings: it costs no round trip, and where the answer is wrong nothing is read or written.
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
  const queries = [{ query: OWNER_QUERY, params: [owner.environment] }, ...(isBatch ? asked.queries : [asked])];
  const response = await keepAliveFetch(url, { ...init, signal, body: JSON.stringify({ queries }) });
  if (!response.ok) return response;
  const { results } = (await response.json()) as { results: unknown[] };
  owner.isKnown = true;
  const [, ...own] = results;
  return Response.json(isBatch ? { results: own } : own[0]);
}
