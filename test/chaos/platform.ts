import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

type Answer = { status: number; body: string };

export type Platform = {
  url: string;
  /** Sends a request to the functions, as of now. 502 when they were killed over it. */
  send(method: string, route: string, body?: string, headers?: Record<string, string>): Promise<Answer>;
  /** Ends the functions' process with kill -9, whatever it is doing, and starts another. */
  kill(): void;
  killed(): number;
  /** What was answered 200, word for word. */
  acknowledged: { route: string; body: string }[];
  stop(): Promise<void>;
};

const PROGRAM = path.join(import.meta.dirname, 'functions-process.ts');

/** As the platform is one: a front at a steady address, and behind it a process that runs the functions. A request that finds none waits until there is one. */
export async function startPlatform(clock: { now(): Date }, environmentAt: (url: string) => Record<string, string>): Promise<Platform> {
  const acknowledged: Platform['acknowledged'] = [];
  let kills = 0;
  let stopping = false;
  let running: { child: ChildProcess; port: Promise<number> };

  const start = () => {
    const env = {
      PATH: process.env.PATH ?? '',
      ...environmentAt(url),
      CHAOS_NOW: clock.now().toISOString(),
      CHAOS_LOG: process.env.CHAOS_LOG ?? '',
    };
    const child = fork(PROGRAM, { env, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const port = new Promise<number>((ready, failed) => {
      child.once('message', (message) => ready((message as { port: number }).port));
      child.once('exit', () => failed(new Error('The functions ended before they could be asked.')));
    });
    port.catch(() => undefined);
    running = { child, port };
  };

  const forward = async (method: string, route: string, headers: Record<string, string>, body: string): Promise<Answer> => {
    for (;;) {
      const { port } = running;
      const found = await port.catch(() => undefined);
      if (found === undefined) continue; // killed while it started: the next one is on its way
      const own = { ...headers, 'x-chaos-now': clock.now().toISOString(), 'content-length': String(Buffer.byteLength(body)) };
      return await new Promise((answered) => {
        const request = ask({ host: '127.0.0.1', port: found, method, path: route, headers: own, agent: false }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
          response.on('end', () => answered({ status: response.statusCode ?? 0, body: text }));
          response.on('error', () => answered({ status: 502, body: '' }));
        });
        request.on('error', () => answered({ status: 502, body: '' }));
        request.end(body);
      });
    }
  };

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const route = incoming.url ?? '/';
    const answer = await forward(incoming.method ?? 'GET', route, { 'content-type': String(incoming.headers['content-type'] ?? '') }, body);
    if (answer.status === 200) acknowledged.push({ route, body });
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  start();

  return {
    url,
    acknowledged,
    send: (method, route, body = '', headers = {}) => forward(method, route, { 'content-type': 'application/json', ...headers }, body),
    kill() {
      if (stopping) return;
      kills += 1;
      running.child.kill('SIGKILL');
      start();
    },
    killed: () => kills,
    async stop() {
      stopping = true;
      running.child.kill('SIGKILL');
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
