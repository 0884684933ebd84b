import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { neonConfig } from '@neondatabase/serverless';
import type { Context } from '@netlify/functions';
import { createCore, useCore } from '#core.ts';
import { callback } from '#http/callback.ts';
import { settleStkCallback } from '#mpesa/payments/settle-stk-callback.ts';
import deployed from '../../netlify/functions/callback.ts';
import { settleAsDc89b02 } from '../baseline/settle-dc89b02.ts';
import { settings } from './settings.ts';

const nothing = async () => undefined;
const HANDLERS: Record<string, typeof deployed> = {
  whole: deployed,
  settle: callback('stk', settleStkCallback, nothing),
  dc89b02: callback('stk', settleAsDc89b02, nothing),
};

/**
 * Serves the function as the platform does: the answer goes out at once, and the response ends when the work after it has. Global `fetch` is used by the driver
 * where `overFetch`, as it was at dc89b02.
 */
export async function serveFunction(name: string, databaseUrl: string, overFetch: boolean): Promise<Server> {
  const handler = HANDLERS[name];
  if (!handler) throw new Error(`Nobody is called ${name}.`);
  useCore(createCore(settings(databaseUrl)));
  if (overFetch) neonConfig.fetchFunction = fetch;
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { url = '', headers } = incoming;
    const request = new Request(`http://127.0.0.1${url}`, {
      ...{ method: 'POST', headers: headers as Record<string, string>, body: Buffer.concat(chunks) },
    });
    let working = 0;
    let ended = nothing();
    const waitUntil = (work: Promise<unknown>) => {
      working += 1;
      ended = Promise.all([ended, work]).then(() => {
        working -= 1;
        return undefined;
      });
    };
    const token = url.slice(url.lastIndexOf('/') + 1);
    const response = await handler(request, { ip: '196.201.212.69', params: { token }, waitUntil } as unknown as Context);
    const body = Buffer.from(await response.arrayBuffer());
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (working === 0) return outgoing.end(body);
    outgoing.write(body);
    await ended;
    return outgoing.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
