import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Heard = { method: string | undefined; path: string | undefined; headers: Record<string, unknown>; body: string };

/** A server outside of ours that keeps what it hears and answers with `status`, or not at all. */
export async function startListener() {
  const heard: Heard[] = [];
  const answer: { status: number | 'silence' } = { status: 200 };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    heard.push({ method: request.method, path: request.url, headers: request.headers, body });
    if (answer.status !== 'silence') response.writeHead(answer.status, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ heard, answer, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type Listener = Awaited<ReturnType<typeof startListener>>;
