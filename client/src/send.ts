import type { Problem, ProblemCode } from './api.ts';
import { MalipoError } from './malipo-error.ts';
import { pause } from './pause.ts';

/** A site, and how it is asked. */
export type Site = { url: string; key: string; fetch: typeof fetch; timeoutMs: number; retries: number; longestPauseMs: number };

export type CallOptions = { signal?: AbortSignal | undefined };

/** `idempotencyKey`: of your own, where a request has to be the same one after your process has ended; without it each call makes one. */
export type Once = CallOptions & { idempotencyKey?: string | undefined };

/** A request. One with an `idempotencyKey` is repeated where no answer came: send one only to what takes it. */
export type Asked = Once & {
  query?: Record<string, string | number | undefined> | undefined;
  body?: unknown;
  /** The status of an answer that is none of success, but no problem either. */
  alsoStatus?: number;
  retries?: number;
};

/**
 * Asks a site and returns what it answers. What can be repeated without harm, a GET or a request with a key, is repeated where no answer came or the site says when
 * to try again. Throws `MalipoError`, or the reason of the caller's signal.
 */
export async function send<T>(site: Site, method: string, path: string, asked: Asked = {}): Promise<T> {
  const mayRepeat = method === 'GET' || asked.idempotencyKey !== undefined;
  const retries = mayRepeat ? (asked.retries ?? site.retries) : 0;
  for (let tries = 0; ; tries++) {
    try {
      return (await sendOnce(site, method, path, asked)) as T;
    } catch (error) {
      const pauseMs = tries < retries ? pauseBeforeRepeat(error, tries, site.longestPauseMs) : undefined;
      if (pauseMs === undefined) throw error;
      await pause(pauseMs, asked.signal);
    }
  }
}

/** How long to wait before the same request is sent again; undefined where that would not help. */
function pauseBeforeRepeat(error: unknown, tries: number, longestMs: number): number | undefined {
  if (!(error instanceof MalipoError)) return undefined;
  const { code, status, retryAfterMs } = error;
  if (retryAfterMs !== undefined && (status === 429 || status === 503)) return retryAfterMs <= longestMs ? retryAfterMs : undefined;
  if (code === 'no_answer' || code === 'request_in_flight') return 1_000 * 2 ** tries * (0.75 + Math.random() / 2);
  return undefined;
}

async function sendOnce(site: Site, method: string, path: string, { query, body, idempotencyKey, signal, alsoStatus }: Asked) {
  const url = new URL(site.url + path);
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
  const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${site.key}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  const { fetch, timeoutMs } = site;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual', // what is followed may become a GET, and the key would go along
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    text = await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    const why = timeout.aborted ? `within ${timeoutMs} ms` : `(${cause instanceof Error ? cause.message : cause})`;
    throw new MalipoError({ code: 'no_answer', detail: `No answer ${why}. ${UNKNOWN}`, idempotencyKey, cause });
  }
  const said = readJson(text);
  if (said && (response.ok || response.status === alsoStatus)) return said;
  throw errorOf(response, said, idempotencyKey);
}

const UNKNOWN = 'Whether the request was carried out is unknown: repeat it with the same idempotencyKey, or read how things stand.';

function errorOf({ status, headers }: Response, said: Record<string, unknown> | undefined, idempotencyKey: string | undefined) {
  const about = {
    ...{ status, idempotencyKey, retryAfterMs: readRetryAfter(headers.get('retry-after')) },
    requestId: typeof said?.requestId === 'string' ? said.requestId : (headers.get('x-request-id') ?? undefined),
  };
  if (typeof said?.detail === 'string') {
    const problem = said as Problem;
    return new MalipoError({
      ...about,
      code: (problem.code as ProblemCode | undefined) ?? 'unexpected_answer',
      detail: problem.detail,
      problem,
    });
  }
  if (status >= 502 && status <= 504)
    // a gateway's: the site itself has not answered
    return new MalipoError({ ...about, code: 'no_answer', detail: `A gateway answered ${status}. ${UNKNOWN}` });
  const where = status >= 300 && status < 400 ? ` It leads to ${headers.get('location')}.` : '';
  return new MalipoError({
    ...about,
    code: 'unexpected_answer',
    detail: `An answer with status ${status} that no Malipo site gives.${where} Check the url.`,
  });
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. */
function readRetryAfter(text: string | null): number | undefined {
  if (!text) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
