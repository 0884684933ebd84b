import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Network } from './network.ts';
import { note } from './network.ts';
import type { Telling } from './outage.ts';

const DELIVERY_TIMEOUT_MS = 30_000;
const LARGEST_ANSWER = 100_000;
const JSON_TYPE = 'application/json;charset=UTF-8';

/** Delivers what falls due, unless an outage swallows it: then it is never delivered. */
export async function tell(network: Network, telling: Telling, about: string, url: string, body: string): Promise<void> {
  if (isOut(network, telling)) return note(network, `The ${about} is lost in an outage.`);
  await deliver(network, about, url, body);
}

/** Whether a message of this kind is lost now. */
function isOut({ arranged, clock }: Network, telling: Telling): boolean {
  const now = clock.now().getTime();
  return arranged.outages.some(({ what, from, until }) => what.includes(telling) && from <= now && now < until);
}

/**
 * Posts a callback once: no second try, no redirect followed, whatever the answer. Resolves with the answer's status, or null
 * where it has failed, and never rejects. `about` names it in the events.
 */
export const deliver = (network: Network, about: string, url: string, body: string): Promise<number | null> =>
  postText(network, about, url, body, JSON_TYPE);

/** Posts a text once, as `deliver` does, with any Content-Type. */
export async function postText(network: Network, about: string, url: string, body: string, type: string): Promise<number | null> {
  network.state.callbacksDelivered += 1;
  network.save();
  try {
    const { status } = await postJson(network, url, body, AbortSignal.timeout(DELIVERY_TIMEOUT_MS), type);
    note(network, `The ${about} was delivered; the answer was ${status}.`);
    return status;
  } catch (error) {
    note(network, `The ${about} could not be delivered: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

/** Posts JSON with the headers that were recorded on deliveries, and resolves with the whole answer. */
export function postJson(
  network: Network,
  url: string,
  body: string,
  signal: AbortSignal,
  type = JSON_TYPE,
): Promise<{ status: number; text: string }> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      // A connection of its own: a kept one that the receiver has closed would lose the only delivery.
      agent: false,
      headers: {
        'Content-Type': type,
        'Content-Length': Buffer.byteLength(body),
        Businessshortcode: network.merchant.shortcode,
      },
      signal,
    });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        if (text.length < LARGEST_ANSWER) text += part;
      });
      response.on('error', reject);
      response.on('close', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
