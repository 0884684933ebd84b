import type { IncomingHttpHeaders } from 'node:http';
import { createRequestId } from './identifiers.ts';
import type { Network } from './network.ts';

/** A request that arrived whole. */
export type ApiRequest = { method: string; url: URL; headers: IncomingHttpHeaders; body: string };

/**
 * An answer to send. `bytes`, where given, are sent in place of `body`. `broken`: the connection is destroyed instead, `silent`: it is held open and nothing is
 * sent.
 */
export type Answer = { status: number; headers: Record<string, string>; body: string; bytes?: Buffer; fate?: 'broken' | 'silent' };

/** JSON as the gateway writes it. */
export const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json;charset=UTF-8' },
  body: JSON.stringify(body),
});

/** Daraja's own error body. */
export const refusal = (network: Network, status: number, errorCode: string, errorMessage: string): Answer =>
  json(status, { requestId: createRequestId(network.state), errorCode, errorMessage });

/** The 400 that names a field. */
export const invalidField = (network: Network, field: string): Answer =>
  refusal(network, 400, '400.002.02', `Bad Request - Invalid ${field}`);

/** The 500 whose code says little and whose words say all. */
export const coreRefusal = (network: Network, errorMessage: string): Answer => refusal(network, 500, '500.001.1001', errorMessage);

export const LOCKED_SUBSCRIBER = 'Unable to lock subscriber, a transaction is already in process for the current subscriber';

/** The gateway's throttling (Apigee), whose body has no errorCode. */
export const spikeArrest = (status: number): Answer =>
  json(status, {
    fault: {
      faultstring: 'Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5, periodInMicroseconds=1000000}',
      detail: { errorcode: 'policies.ratelimit.SpikeArrestViolation' },
    },
  });

/** The firewall's page (Incapsula). */
export const firewallPage = (status: number): Answer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body>Request unsuccessful. Incapsula incident ID: 1234000560123456789-98765432101234567</body></html>',
});

/** A 400 with nothing in it. */
export const emptyBadRequest: Answer = { status: 400, headers: {}, body: '' };

/**
 * The fields of a JSON request. A wrong Content-Type makes every field look missing, as Daraja does; null means that the text
 * is no JSON object.
 */
export function readFields(request: ApiRequest): Record<string, unknown> | null {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) return {};
  try {
    const body: unknown = JSON.parse(request.body);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
