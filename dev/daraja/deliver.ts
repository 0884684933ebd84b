import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Network } from './network.ts';
import { note } from './network.ts';

const DELIVERY_TIMEOUT_MS = 30_000;

/**
 * Posts a callback once: no second try, no redirect followed, whatever the answer. Resolves when it was answered or has failed,
 * and never rejects.
 */
export async function deliver(network: Network, checkoutRequestId: string, callbackUrl: string, body: string): Promise<void> {
  network.state.callbacksDelivered += 1;
  network.save();
  try {
    const status = await post(callbackUrl, body, network.merchant.shortcode);
    note(network, `Callback of ${checkoutRequestId} delivered; the answer was ${status}.`);
  } catch (error) {
    note(network, `Callback of ${checkoutRequestId} could not be delivered: ${error instanceof Error ? error.message : error}`);
  }
}

function post(url: string, body: string, shortcode: string): Promise<number> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      // A connection of its own: a kept one that the receiver has closed would lose the only delivery.
      agent: false,
      headers: {
        'Content-Type': 'application/json;charset=UTF-8',
        'Content-Length': Buffer.byteLength(body),
        Businessshortcode: shortcode,
      },
      signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    });
    request.on('response', (response) => {
      response.resume();
      response.on('close', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    request.end(body);
  });
}
