import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type WebSocket, WebSocketServer } from 'ws';
import { countStatements, describeSqlError, parseSqlRequest, runSql } from './neon-sql.ts';
import { countTraffic, readConversation, type Traffic } from './neon-traffic.ts';

export type NeonEndpoint = {
  port: number;
  stats: Traffic;
  /** A connection string for the database through this endpoint. */
  url(database: string): string;
  /** Cuts every connection to the database, as its restart would. */
  dropConnections(database: string): Promise<void>;
  /** Answers the next statements over HTTP for this database with 429, as Neon does when there are too many at once. */
  refuseRequests(database: string, times: number): void;
  stop(): Promise<void>;
};

/** More statements at once than Neon's proxy takes. */
class TooManyRequests extends Error {
  override name = 'TooManyRequests';
  override message = 'Too many requests';
}

/**
 * Speaks Neon's protocols in front of a PostgreSQL of ours: `POST /sql` and the WebSocket tunnel `/v2`, for the unmodified driver. `delayMs` is the distance to
 * the database: every round trip takes that much longer. `sessions` is how many database sessions requests over HTTP may have at most, `idleMs` how long an
 * unused one stays. Other processes read `GET /stats?database=`, and ask for `POST /stats/reset?database=`, `POST /connections/drop?database=` and `POST
 * /requests/refuse?database=&times=`.
 */
export async function startNeonEndpoint(options: {
  postgresPort: number;
  port?: number;
  delayMs?: number;
  sessions?: number;
  idleMs?: number;
}): Promise<NeonEndpoint> {
  const { postgresPort, delayMs = 0 } = options;
  const stats = countTraffic();
  const pools = new Map<string, pg.Pool>();
  const refusals = new Map<string, number>();
  const oneWay = () => (delayMs > 0 ? sleep(delayMs / 2) : undefined);

  const poolFor = (address: URL): pg.Pool => {
    const database = decodeURIComponent(address.pathname.slice(1));
    const user = decodeURIComponent(address.username) || 'postgres';
    const key = `${database}\0${user}`;
    const existing = pools.get(key);
    if (existing) return existing;
    const password = decodeURIComponent(address.password);
    const pool = new pg.Pool({
      host: '127.0.0.1',
      port: postgresPort,
      database,
      user,
      password,
      max: options.sessions ?? 10,
      idleTimeoutMillis: options.idleMs ?? 2_000,
    });
    pool.on('error', () => undefined); // an idle connection that breaks is replaced by the next request
    pool.on('connect', (client) => client.on('error', () => undefined)); // one that breaks during a request fails that request
    pools.set(key, pool);
    return pool;
  };

  const answerSql = async (request: IncomingMessage) => {
    const address = new URL(String(request.headers['neon-connection-string']));
    const sql = parseSqlRequest(await text(request));
    const database = decodeURIComponent(address.pathname.slice(1));
    stats.count(database, 'http');
    stats.count(database, 'statements', countStatements(sql));
    await oneWay();
    const refusing = refusals.get(database) ?? 0;
    if (refusing > 0) {
      refusals.set(database, refusing - 1);
      throw new TooManyRequests();
    }
    try {
      return await runSql(poolFor(address), sql, request.headers);
    } finally {
      await oneWay();
    }
  };

  const dropConnections = async (database: string) => {
    const dropped = [...pools].filter(([key]) => key.startsWith(`${database}\0`));
    for (const [key] of dropped) pools.delete(key);
    const client = new pg.Client({ host: '127.0.0.1', port: postgresPort, user: 'postgres', database: 'postgres' });
    await client.connect();
    await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [database]);
    await client.end();
    await Promise.all(dropped.map(([, pool]) => pool.end()));
  };

  const refuseRequests = (database: string, times: number) => void refusals.set(database, times);

  const route = async (request: IncomingMessage): Promise<unknown> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://endpoint');
    const database = searchParams.get('database') ?? undefined;
    switch (`${request.method} ${pathname}`) {
      case 'POST /sql':
        return answerSql(request);
      case 'GET /stats':
        return database === undefined ? stats : stats.of(database);
      case 'POST /stats/reset':
        stats.reset(database);
        return {};
      case 'POST /connections/drop':
        await dropConnections(database ?? '');
        return {};
      case 'POST /requests/refuse':
        refuseRequests(database ?? '', Number(searchParams.get('times')));
        return {};
      default:
        return undefined;
    }
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    route(request).then(
      (body) => reply(response, body === undefined ? 404 : 200, body ?? { message: 'no such path' }),
      (error: unknown) => {
        if (error instanceof TooManyRequests) return reply(response, 429, { message: error.message });
        const { status, body } = describeSqlError(error);
        reply(response, status, body);
      },
    );
  });
  const sockets = new WebSocketServer({ server, path: '/v2', perMessageDeflate: false });
  sockets.on('connection', (socket) => tunnel(socket, postgresPort, stats, delayMs / 2));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const stop = async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
    await Promise.all([...pools.values()].map((pool) => pool.end()));
  };
  return { port, stats, url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`, dropConnections, refuseRequests, stop };
}

function reply(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Carries a PostgreSQL conversation through unchanged; all that the client sends before the server answers counts as one round trip. */
function tunnel(socket: WebSocket, postgresPort: number, stats: Traffic, oneWayMs: number) {
  const upstream = connect({ host: '127.0.0.1', port: postgresPort, noDelay: true });
  let database = '';
  let isServersTurn = false;
  const listen = readConversation(
    (name) => {
      database = name;
      stats.count(database, 'connections');
    },
    () => stats.count(database, 'statements'),
  );
  // timers of one duration fire in the order they were set, so no piece overtakes another
  const later = (deliver: () => void) => (oneWayMs > 0 ? setTimeout(deliver, oneWayMs) : deliver());
  socket.on('message', (data) => {
    const piece = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    listen(piece);
    // the closing message (X) waits for no answer
    if (!isServersTurn && piece[0] !== 0x58) {
      isServersTurn = true;
      stats.count(database, 'ws');
    }
    later(() => upstream.write(piece));
  });
  upstream.on('data', (piece: Buffer) => {
    isServersTurn = false;
    later(() => socket.readyState === socket.OPEN && socket.send(piece));
  });
  upstream.on('close', () => later(() => socket.close()));
  upstream.on('error', () => socket.close(1011));
  socket.on('close', () => later(() => upstream.destroy()));
  socket.on('error', () => upstream.destroy());
}
