import { DarajaError } from './errors.ts';

export type DarajaRequest = { method: 'GET' | 'POST'; url: URL; headers: Record<string, string>; body?: string; timeoutMs: number };
export type DarajaAnswer = { httpStatus: number; text: string };

const LARGEST_ANSWER = 256 * 1024; // bytes; Safaricom's answers have less than one kilobyte

const FAILED_BEFORE_SENDING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * Sends one request once and reads the whole answer, whatever its status. Throws a DarajaError when there is no answer: `unreachable` (refused) if no connection was
 * made, else `timed_out`, `connection_lost` or, above 256 KB, `unreadable_answer` (unclear).
 */
export async function sendRequest(fetch: typeof globalThis.fetch, request: DarajaRequest): Promise<DarajaAnswer> {
  const { method, url, body = null, timeoutMs } = request;
  // An instance that slept wakes up with dead connections, and a prompt lost on a dead one is unclear: never reuse a connection.
  const headers = { ...request.headers, Accept: 'application/json', Connection: 'close' };
  try {
    const response = await fetch(url, { method, headers, body, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    return { httpStatus: response.status, text: await readLimited(response) };
  } catch (error) {
    if (error instanceof DarajaError) throw error;
    throw explainNoAnswer(error); // without its cause: a parser error quotes the bytes it stumbled over, tokens included
  }
}

async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER) throw new DarajaError({ kind: 'unclear', reason: 'unreadable_answer', httpStatus: response.status });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function explainNoAnswer(error: unknown): DarajaError {
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new DarajaError({ kind: 'unclear', reason: 'timed_out' });
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const code = codeOf(cause);
  return neverConnected(cause)
    ? new DarajaError({ kind: 'refused', reason: 'unreachable' }, code)
    : new DarajaError({ kind: 'unclear', reason: 'connection_lost' }, code);
}

function neverConnected(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(neverConnected); // one per address tried
  if (!(cause instanceof Error)) return false;
  return FAILED_BEFORE_SENDING.has(codeOf(cause) ?? '') || ('syscall' in cause && cause.syscall === 'connect');
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}
