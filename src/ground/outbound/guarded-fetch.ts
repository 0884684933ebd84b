import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { type CheckedAddress, checkAddress, type OutboundRules } from './check-address.ts';
import { OutboundError } from './outbound-error.ts';
import type { Resolve } from './resolve-host.ts';

/** What is sent, how long all of it may take, and how many bytes the answer may have. */
export type OutboundRequest = {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
  largestAnswer?: number;
};

export type OutboundAnswer = { ok: boolean; status: number; headers: IncomingHttpHeaders; text: string };

const TIMEOUT_MS = 10_000;
const LARGEST_ANSWER = 16 * 1024;

/**
 * One request to a server that somebody else has named: https, to a public address that was checked and is the one that is dialled, its certificate verified against
 * the host name, no redirect followed (it is an answer like any other), all of it within a time limit, a small answer. Repeats nothing. Throws `OutboundError`.
 */
export async function guardedFetch(
  rules: OutboundRules,
  address: string,
  { timeoutMs = TIMEOUT_MS, ...asked }: OutboundRequest = {},
  resolve?: Resolve,
): Promise<OutboundAnswer> {
  if (!URL.canParse(address)) throw new OutboundError('address_refused', 'It is no address.');
  const url = new URL(address);
  const end = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new OutboundError('too_slow', `It did not answer within ${timeoutMs / 1_000} s.`));
      end.abort();
    }, timeoutMs);
  });
  const work = async () => exchange(url, await checkAddress(rules, url, resolve), asked, end.signal);
  try {
    return await Promise.race([work(), tooSlow]);
  } finally {
    clearTimeout(timer);
  }
}

type Asked = Omit<OutboundRequest, 'timeoutMs'>;

function exchange(url: URL, addresses: readonly CheckedAddress[], asked: Asked, signal: AbortSignal): Promise<OutboundAnswer> {
  const { method = 'GET', headers, body = '', largestAnswer = LARGEST_ANSWER } = asked;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const options = {
      ...{ agent: false as const, lookup: pinnedTo(addresses), rejectUnauthorized: true, signal, method },
      headers: { 'user-agent': 'Malipo', ...headers, 'accept-encoding': 'identity', 'content-length': Buffer.byteLength(body) },
    };
    const fail = (error: Error) => reject(error instanceof OutboundError ? error : explain(error));
    const read = (response: IncomingMessage) => readAnswer(response, largestAnswer).then(resolve, fail);
    const request = url.protocol === 'https:' ? httpsRequest(url, options, read) : httpRequest(url, options, read);
    request.on('error', fail);
    request.end(body);
  });
}

/** Answers whoever asks for the host's address with those that were checked. */
const pinnedTo =
  (addresses: readonly CheckedAddress[]): LookupFunction =>
  (_host, { all }, answer) => {
    const [first = { address: '', family: 4 }] = addresses;
    if (all) answer(null, [...addresses]);
    else answer(null, first.address, first.family);
  };

async function readAnswer(response: IncomingMessage, largest: number): Promise<OutboundAnswer> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).byteLength;
    if (size > largest) throw new OutboundError('answer_too_large', `Its answer has more than ${largest} bytes.`); // leaving the loop closes the connection
    chunks.push(chunk as Buffer);
  }
  return { ok: status >= 200 && status < 300, status, headers, text: Buffer.concat(chunks).toString('utf8') };
}

const CERTIFICATE = /CERT|SELF_SIGNED|ISSUER|VERIFY|^ERR_SSL|^ERR_TLS|^EPROTO$/;

/** Node's messages quote addresses; its codes do not. */
function explain(error: Error): OutboundError {
  const code = String((error as { code?: unknown }).code ?? error.name);
  if (CERTIFICATE.test(code)) return new OutboundError('certificate_refused', `Its certificate or encryption is not valid (${code}).`);
  return new OutboundError('not_reached', `It was not reached (${code}).`);
}
