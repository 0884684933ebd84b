import { once } from 'node:events';
import pg from 'pg';
import { createWebSocketStream, WebSocket } from 'ws';
import { directUrl } from '#ground/db/migrate.ts';

const LOCAL = /^(127\.0\.0\.1|localhost|\[::1\])$/;

/** A connection of PostgreSQL's own protocol, which COPY needs: without the pooler and over TLS; to the local world through its endpoint's tunnel. */
export async function connectDirect(url: string): Promise<pg.Client> {
  const address = new URL(directUrl(url));
  const isLocal = LOCAL.test(address.hostname);
  for (const option of ['sslmode', 'channel_binding']) address.searchParams.delete(option);
  const client = new pg.Client({
    connectionString: address.href,
    connectionTimeoutMillis: 30_000, // a sleeping database wakes up first
    keepAlive: true,
    ...(isLocal ? { stream: () => tunnel(address.host) as never } : { ssl: true }),
  });
  client.on('error', () => undefined); // the statement that runs says what broke
  await client.connect();
  return client;
}

/** What pg takes for a socket. */
function tunnel(host: string) {
  const socket = new WebSocket(`ws://${host}/v2`);
  const stream = createWebSocketStream(socket);
  const itself = () => stream;
  const connect = () => {
    void once(socket, 'open').then(
      () => stream.emit('connect'),
      () => undefined,
    );
    return stream;
  };
  return Object.assign(stream, { connect, setNoDelay: itself, setKeepAlive: itself, ref: itself, unref: itself });
}
